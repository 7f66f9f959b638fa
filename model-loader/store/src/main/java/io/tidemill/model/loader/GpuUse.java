package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Gpu;

/**
 * A GPU that a model is on, and what loading it took of that, as its driver had it: what others
 * took or gave back meanwhile is in it too. What is not known is a NaN.
 *
 * @param modelBytes taken until the model had scored for the first time; with a process's first
 *     also what CUDA takes for itself, and with the engine's first calls what it keeps for others
 * @param leftBytes free when the model was loaded and had scored nothing
 */
public record GpuUse(Gpu gpu, double modelBytes, double leftBytes) {
  public GpuUse {
    requireNonNull(gpu, "gpu");
  }
}
