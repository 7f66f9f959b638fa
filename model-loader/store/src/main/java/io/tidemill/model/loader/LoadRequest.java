package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * What is to be loaded, where, and with how many threads.
 *
 * @param engine the name of the engine that loads it
 * @param placement on a device that is there or not, never one that is still to be chosen
 */
public record LoadRequest(
    ModelVersion version, String engine, Signature signature, Placement placement) {
  public LoadRequest {
    requireNonNull(version, "version");
    requireNonNull(engine, "engine");
    requireNonNull(signature, "signature");
    if (placement.device().isChosenByTask()) {
      throw new IllegalArgumentException(
          version + ": device " + placement.device() + " (expected: one that a task has chosen)");
    }
  }

  Model load(Function<String, Engine> engines, Path files) {
    return engines.apply(engine).load(version, signature, files, placement);
  }

  /** {@code fraud:1.4.2 on cpu}. */
  @Override
  public String toString() {
    return version + " on " + placement;
  }
}
