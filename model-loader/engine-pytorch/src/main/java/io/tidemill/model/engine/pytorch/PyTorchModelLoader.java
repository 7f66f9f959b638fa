package io.tidemill.model.engine.pytorch;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.ModelLoader;
import java.nio.file.Path;

/**
 * Loads TorchScript files, as {@code torch.jit.save} writes them (engine {@code pytorch}).
 *
 * <p>On the classpath must be {@value #COORDINATES} and, with the classifier of the platform,
 * {@value #NATIVE_COORDINATES}, which DJL unpacks once, about 400 MB, into the folder of {@code
 * DJL_CACHE_DIR} (by default {@code ~/.djl.ai}). Nothing is downloaded.
 *
 * <p>A TorchScript file does not say its signature. The inputs of a signature are the arguments of
 * {@code forward}, in their order; its outputs are what {@code forward} answers: a tensor, a tuple
 * or list of tensors in the signature's order, or a dictionary of tensors by the signature's names.
 *
 * <p>One operation is computed by one thread, that of the caller, unless the process or else the
 * placement of its first model says more ({@code -Dai.djl.pytorch.num_threads}, set here if it is
 * not). They are shared by all models of the process, and a placement that says another number than
 * the process has is refused. {@code -Dai.djl.pytorch.num_interop_threads} counts only for models
 * that fork tasks themselves. Both count only if they are set before the first model of the process
 * is loaded.
 *
 * <p>Thread-safe.
 */
public final class PyTorchModelLoader implements ModelLoader {
  /** The engine's name in manifests. */
  public static final String ENGINE = "pytorch";

  static final String COORDINATES =
      "ai.djl.pytorch:pytorch-engine:0.35.1 and ai.djl.pytorch:pytorch-jni:2.7.1-0.35.1";
  static final String NATIVE_COORDINATES = "ai.djl.pytorch:pytorch-native-cpu:2.7.1";

  @Override
  public String engine() {
    return ENGINE;
  }

  @Override
  public boolean threadsAreOfProcess() {
    return true;
  }

  /**
   * Loads a model.
   *
   * @param directory a folder with one .pt or .pth file in it, or one folder down
   */
  @Override
  public Model load(
      ModelVersion version, Signature signature, Path directory, Placement placement) {
    try {
      return PyTorchModel.load(version, signature, directory, placement);
    } catch (NoClassDefFoundError e) {
      throw missing(e.getMessage() + " is missing", e);
    }
  }

  static UnavailableHereException missing(String what, Throwable cause) {
    return new UnavailableHereException(
        "engine pytorch: DJL's PyTorch engine is not on the classpath (%s); put the jars of %s, and of %s for your platform, into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names"
            .formatted(what, COORDINATES, NATIVE_COORDINATES),
        cause);
  }
}
