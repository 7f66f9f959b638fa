package io.tidemill.model.loader;

import io.tidemill.model.Gpu;
import io.tidemill.model.ModelOutOfMemoryException;
import java.util.Optional;

/**
 * What a load takes of the GPU that it goes to; nothing on the CPU.
 *
 * <p>Thread-safe.
 */
final class GpuLoad {
  private final Optional<Gpu> gpu;
  private final double freeBefore;
  private volatile double freeLoaded = Double.NaN;
  private volatile double freeScored = Double.NaN;

  /**
   * Begins.
   *
   * @param gpu empty on the CPU
   */
  GpuLoad(Optional<Gpu> gpu) {
    this.gpu = gpu;
    freeBefore = free();
  }

  private double free() {
    return gpu.map(Gpu::freeBytes).orElse(Double.NaN);
  }

  /** The model is there, and has scored nothing. */
  void loaded() {
    freeLoaded = free();
    freeScored = freeLoaded;
  }

  /** It has scored. */
  void scored() {
    freeScored = free();
  }

  Optional<GpuUse> use() {
    return gpu.map(there -> new GpuUse(there, Math.max(0, freeBefore - freeScored), freeLoaded));
  }

  /** A lack of memory, with what there was of the GPU's where that is known. */
  ModelOutOfMemoryException explained(ModelOutOfMemoryException failure) {
    return gpu.filter(Gpu::isKnown)
        .map(
            there ->
                new ModelOutOfMemoryException(
                    "%s; %s (%s) had %.0f of %.0f bytes free before the model was loaded"
                        .formatted(
                            failure.getMessage(),
                            there.device(),
                            there.name(),
                            freeBefore,
                            there.totalBytes()),
                    failure))
        .orElse(failure);
  }
}
