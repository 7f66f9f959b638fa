package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import io.tidemill.model.Device;
import io.tidemill.model.Placement;
import io.tidemill.model.UnavailableHereException;
import org.jspecify.annotations.Nullable;

/** How sessions are made: what the placement and the process's properties say. */
final class OnnxSettings {
  static final String INTRA_OP_THREADS = "tidemill.onnx.intra-op-threads";
  static final String INTER_OP_THREADS = "tidemill.onnx.inter-op-threads";
  static final String CPU_OPERATIONS_ON_GPU = "tidemill.onnx.cpu-operations-on-gpu";

  private OnnxSettings() {}

  /**
   * The options of one session. The caller closes them.
   *
   * @param subject what is loaded, as messages name it
   * @throws UnavailableHereException if the device is not there
   */
  static SessionOptions options(String subject, Placement placement) throws OrtException {
    SessionOptions options = new SessionOptions();
    try {
      options.setIntraOpNumThreads(placement.threadsOr(() -> threads(INTRA_OP_THREADS)));
      int interOp = threads(INTER_OP_THREADS);
      options.setInterOpNumThreads(interOp);
      options.setExecutionMode(interOp > 1 ? ExecutionMode.PARALLEL : ExecutionMode.SEQUENTIAL);
      if (placement.device().kind() == Device.Kind.GPU) {
        addGpu(subject, options, placement.device());
      }
      return options;
    } catch (OrtException | RuntimeException e) {
      options.close();
      throw e;
    }
  }

  private static void addGpu(String subject, SessionOptions options, Device device)
      throws OrtException {
    if (!Boolean.getBoolean(CPU_OPERATIONS_ON_GPU)) {
      options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
    }
    try {
      options.addCUDA(device.index());
    } catch (OrtException e) {
      throw new UnavailableHereException(
          "%s: device %s, but ONNX Runtime has no CUDA here: %s (expected: the jar of %s instead of that of onnxruntime, with CUDA and cuDNN installed; or device: cpu)"
              .formatted(subject, device, OnnxFailure.reason(e), OnnxModelLoader.GPU_COORDINATES),
          e);
    }
  }

  private static int threads(String property) {
    String value = System.getProperty(property, "1");
    try {
      int threads = Integer.parseInt(value);
      if (threads >= 1 && threads <= Placement.MOST_THREADS) {
        return threads;
      }
    } catch (NumberFormatException notANumber) {
      throw refused(property, value, notANumber);
    }
    throw refused(property, value, null);
  }

  private static UnavailableHereException refused(
      String property, String value, @Nullable Throwable cause) {
    return new UnavailableHereException(
        "engine onnx: -D%s: '%s' (expected: 1 to %d)"
            .formatted(property, value, Placement.MOST_THREADS),
        cause);
  }
}
