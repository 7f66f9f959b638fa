package io.tidemill.model.engine.onnx;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.ModelLoader;
import java.nio.file.Path;

/**
 * Loads .onnx files (engine {@code onnx}), with their external data where they have some.
 *
 * <p>ONNX Runtime must be on the classpath: {@value #COORDINATES}, whose native library is in the
 * jar, or for a GPU {@value #GPU_COORDINATES} in its place.
 *
 * <p>The placement, or else {@code -Dtidemill.onnx.intra-op-threads}, says how many threads compute
 * one operation, by default 1: then a call runs in the thread of the caller, and calls run beside
 * each other without waiting. With more, each loaded model has a pool of its own that its calls
 * share; a call of a small network is then slower than with one thread at batches of 32 and of 512,
 * and only operations of milliseconds gain. {@code -Dtidemill.onnx.inter-op-threads}, by default 1,
 * says how many operations of one call run beside each other. The properties count for models that
 * are loaded afterwards.
 *
 * <p>On a GPU every operation must have a CUDA kernel; a model in which some have none is refused,
 * unless {@code -Dtidemill.onnx.cpu-operations-on-gpu=true} allows that those run on the CPU.
 *
 * <p>Thread-safe.
 */
public final class OnnxModelLoader implements ModelLoader {
  /** The engine's name in manifests. */
  public static final String ENGINE = "onnx";

  static final String COORDINATES = "com.microsoft.onnxruntime:onnxruntime:1.28.0";
  static final String GPU_COORDINATES = "com.microsoft.onnxruntime:onnxruntime_gpu:1.28.0";

  @Override
  public String engine() {
    return ENGINE;
  }

  /**
   * Loads a model.
   *
   * @param directory a folder with one .onnx file in it, or one folder down
   */
  @Override
  public Model load(
      ModelVersion version, Signature signature, Path directory, Placement placement) {
    try {
      return OnnxModel.load(version, signature, directory, placement);
    } catch (NoClassDefFoundError e) {
      throw unavailable(e);
    }
  }

  static UnavailableHereException unavailable(NoClassDefFoundError missing) {
    String message = String.valueOf(missing.getMessage());
    // A class that is there but whose native library has failed once is reported in this way.
    String what =
        message.startsWith("Could not initialize class")
            ? "its native library does not start (expected: a platform that the jar of %s is made for, and room in the folder for temporary files)"
            : "ONNX Runtime is not on the classpath ("
                + message
                + " is missing); put the jar of %s into Flink's lib folder";
    return new UnavailableHereException(("engine onnx: " + what).formatted(COORDINATES), missing);
  }
}
