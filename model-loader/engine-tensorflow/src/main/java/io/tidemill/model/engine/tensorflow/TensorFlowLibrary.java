package io.tidemill.model.engine.tensorflow;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.tensorflow.engine.javacpp.JavacppUtils;
import io.tidemill.model.Device;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.NativePlatform;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.ConfigProto;

/**
 * The native library of this process: started once, never stopped.
 *
 * <p>Thread-safe.
 */
final class TensorFlowLibrary {
  static final TensorFlowLibrary OF_PROCESS = new TensorFlowLibrary();

  /** The name by which DJL finds the engine. */
  static final String DJL_NAME = "TensorFlow";

  private static final String INTEROP_THREADS = "ai.djl.tensorflow.num_interop_threads";
  private static final String INTRAOP_THREADS = "ai.djl.tensorflow.num_intraop_threads";
  private static final String OFFLINE = "ai.djl.offline";

  private boolean started;

  private TensorFlowLibrary() {}

  /**
   * Starts the engine unless it runs.
   *
   * @param subject what is loaded, as messages name it
   * @param threads that the process is to have; null for those that it has, or else one per core
   * @throws UnavailableHereException if its native library does not run here, or the process has
   *     another number of threads
   */
  synchronized void start(String subject, @Nullable Integer threads) {
    NativePlatform.here().require("tensorflow");
    setUnlessSet(OFFLINE, "true");
    setUnlessSet(INTEROP_THREADS, "-1");
    if (!started && threads != null) {
      setUnlessSet(INTRAOP_THREADS, threads.toString());
    }
    startLibrary();
    started = true;
    if (threads != null) {
      checkThreads(subject, threads);
    }
  }

  private static void checkThreads(String subject, int threads) {
    Integer there = Integer.getInteger(INTRAOP_THREADS);
    if (there != null && there == threads) {
      return;
    }
    String has =
        there == null
            ? "one per core, %d here,".formatted(Runtime.getRuntime().availableProcessors())
            : there.toString();
    throw new UnavailableHereException(
        "%s: threads: %d, but TensorFlow has %s for all models of this process (expected: %s; or -D%s=%d in Flink's env.java.opts.taskmanager, for all jobs)"
            .formatted(
                subject,
                threads,
                has,
                there == null ? "none said" : there + " or none said",
                INTRAOP_THREADS,
                threads));
  }

  private static void startLibrary() {
    try {
      Engine.getEngine(DJL_NAME);
    } catch (EngineException | IllegalArgumentException | LinkageError e) {
      throw new UnavailableHereException(
          "engine tensorflow: its native library does not start: %s (expected: tensorflow-core-native for linux-x86_64 on the classpath, and about 600 MB free in the folder of -Dorg.bytedeco.javacpp.cachedir)"
              .formatted(reason(e)),
          e);
    }
  }

  /** The first line of what the innermost cause says, which is where TensorFlow's own words are. */
  static String reason(Throwable thrown) {
    Throwable innermost = thrown;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String message = innermost.getMessage();
    return message == null
        ? innermost.getClass().getSimpleName()
        : message.lines().findFirst().orElse(message);
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** How a session for this device is made. */
  static ConfigProto sessionConfig(Device device) {
    if (device.kind() == Device.Kind.GPU) {
      return JavacppUtils.getSessionConfig();
    }
    // DJL's would count the GPUs, and warn of each try where CUDA has no driver.
    ConfigProto.Builder config = ConfigProto.newBuilder();
    Optional.ofNullable(Integer.getInteger(INTEROP_THREADS))
        .ifPresent(config::setInterOpParallelismThreads);
    Optional.ofNullable(Integer.getInteger(INTRAOP_THREADS))
        .ifPresent(config::setIntraOpParallelismThreads);
    // Without this, operations without a device would go to a GPU wherever there is one.
    config.putDeviceCount("GPU", 0);
    // A graph that was exported with a GPU's name in it runs on the CPU that is said.
    config.setAllowSoftPlacement(true);
    return config.build();
  }

  static boolean hasGpu(TF_Session session) {
    TF_Status status = tensorflow.TF_NewStatus();
    TF_DeviceList devices = tensorflow.TF_SessionListDevices(session, status);
    try {
      for (int i = 0; i < tensorflow.TF_DeviceListCount(devices); i++) {
        BytePointer type = tensorflow.TF_DeviceListType(devices, i, status);
        if (type != null && type.getString().equals("GPU")) {
          return true;
        }
      }
      return false;
    } finally {
      tensorflow.TF_DeleteDeviceList(devices);
      tensorflow.TF_DeleteStatus(status);
    }
  }
}
