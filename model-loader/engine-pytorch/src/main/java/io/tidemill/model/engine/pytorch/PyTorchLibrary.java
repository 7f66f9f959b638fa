package io.tidemill.model.engine.pytorch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Utils;
import io.tidemill.model.Device;
import io.tidemill.model.UnavailableHereException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The native library of this process: started once, never stopped.
 *
 * <p>Thread-safe.
 */
final class PyTorchLibrary {
  static final PyTorchLibrary OF_PROCESS = new PyTorchLibrary();

  private static final String DJL_NAME = "PyTorch";
  private static final String THREADS = "ai.djl.pytorch.num_threads";
  private static final String OFFLINE = "ai.djl.offline";
  private static final String LIBRARY_PATH = "PYTORCH_LIBRARY_PATH";
  private static final String FLAVOR = "PYTORCH_FLAVOR";

  private PyTorchLibrary() {}

  /**
   * Starts the engine unless it runs.
   *
   * @param subject what is loaded, as messages name it
   * @param threads that the process is to have; null for those that it has, or else 1
   * @throws UnavailableHereException if its native library does not run here, or the process has
   *     another number of threads
   */
  synchronized Engine start(String subject, @Nullable Integer threads) {
    setUnlessSet(OFFLINE, "true");
    setUnlessSet(THREADS, threads == null ? "1" : threads.toString());
    chooseBridge();
    Engine engine = engine();
    int there = JniUtils.getNumThreads();
    if (threads != null && threads != there) {
      throw new UnavailableHereException(
          "%s: threads: %d, but PyTorch has %d for all models of this process (expected: %d or none said; or -D%s=%d in Flink's env.java.opts.taskmanager, for all jobs)"
              .formatted(subject, threads, there, there, THREADS, threads));
    }
    return engine;
  }

  /**
   * Says which of DJL's bridges fits a library of the user's own. Left alone, DJL looks for one
   * with the suffix {@code -precxx11}, which its jar has not had since PyTorch 2.7.
   */
  private static void chooseBridge() {
    String folders = Utils.getEnvOrSystemProperty(LIBRARY_PATH);
    if (folders != null && Utils.getEnvOrSystemProperty(FLAVOR) == null) {
      String cuda = System.mapLibraryName("torch_cuda");
      boolean hasCuda =
          Stream.of(folders.split(File.pathSeparator))
              .anyMatch(folder -> Files.exists(Path.of(folder, cuda)));
      System.setProperty(FLAVOR, hasCuda ? "cu128" : "cpu");
    }
  }

  private static Engine engine() {
    try {
      return Engine.getEngine(DJL_NAME);
    } catch (IllegalArgumentException e) {
      throw PyTorchEngine.missing("DJL knows no PyTorch", e);
    } catch (EngineException | UnsatisfiedLinkError | ExceptionInInitializerError e) {
      throw new UnavailableHereException(
          "engine pytorch: its native library does not start: %s (expected: %s, and %s with the classifier of this platform, on the classpath, and about 400 MB free in the folder of DJL_CACHE_DIR)"
              .formatted(
                  new PyTorchFailure(e).reason(),
                  PyTorchEngine.COORDINATES,
                  PyTorchEngine.NATIVE_COORDINATES),
          e);
    }
  }

  /**
   * DJL's word for a device.
   *
   * @param subject what is loaded, as messages name it
   * @throws UnavailableHereException if the device is not there
   */
  ai.djl.Device device(String subject, Engine engine, Device device) {
    if (device.kind() == Device.Kind.CPU) {
      return ai.djl.Device.cpu();
    }
    if (!engine.hasCapability(StandardCapabilities.CUDA)) {
      throw new UnavailableHereException(
          "%s: device %s, but PyTorch sees no GPU here (expected: PYTORCH_LIBRARY_PATH set to the lib folder of a PyTorch 2.7.1 for CUDA 12.8, and a GPU with its driver; or device: cpu)"
              .formatted(subject, device));
    }
    int gpus = engine.getGpuCount();
    if (gpus == 0) {
      throw new UnavailableHereException(
          "%s: device %s, but DJL, which counts the GPUs, finds no libcudart.so that sees one (expected: its folder in LD_LIBRARY_PATH or -Djna.library.path; or device: cpu)"
              .formatted(subject, device));
    }
    if (device.index() >= gpus) {
      throw new UnavailableHereException(
          "%s: device %s, but PyTorch sees %d GPUs here (expected: a GPU with this index and its driver; or device: cpu)"
              .formatted(subject, device, gpus));
    }
    return ai.djl.Device.gpu(device.index());
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
