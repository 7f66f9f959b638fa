package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * What is to be loaded, and where.
 *
 * @param engine the name of the engine that loads it
 * @param device a device that is there or not, never one that is still to be chosen
 */
record LoadRequest(ModelVersion version, String engine, Signature signature, Device device) {
  LoadRequest {
    requireNonNull(version, "version");
    requireNonNull(engine, "engine");
    requireNonNull(signature, "signature");
    if (device.isChosenByTask()) {
      throw new IllegalArgumentException(
          version + ": device " + device + " (expected: one that a task has chosen)");
    }
  }

  Model load(Function<String, ModelLoader> engines, Path files) {
    return engines.apply(engine).load(version, signature, files, device);
  }
}
