package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import io.tidemill.model.Device;
import io.tidemill.model.Placement;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.ThreadsProperty;

/**
 * How a session is made: what its placement and the process's properties say.
 *
 * @param subject what is loaded, as messages name it
 */
record OnnxSettings(String subject, Placement placement) {
  static final String CPU_OPERATIONS_ON_GPU = "tidemill.onnx.cpu-operations-on-gpu";

  private static final ThreadsProperty INTRA_OP =
      new ThreadsProperty("tidemill.onnx.intra-op-threads");
  private static final ThreadsProperty INTER_OP =
      new ThreadsProperty("tidemill.onnx.inter-op-threads");

  /**
   * The options of one session. The caller closes them.
   *
   * @throws UnavailableHereException if the device is not there
   */
  SessionOptions options() throws OrtException {
    SessionOptions options = new SessionOptions();
    try {
      options.setIntraOpNumThreads(placement.threadsOr(INTRA_OP::get));
      int interOp = INTER_OP.get();
      options.setInterOpNumThreads(interOp);
      options.setExecutionMode(interOp > 1 ? ExecutionMode.PARALLEL : ExecutionMode.SEQUENTIAL);
      if (placement.device().kind() == Device.Kind.GPU) {
        addGpu(options);
      }
      return options;
    } catch (OrtException | RuntimeException e) {
      options.close();
      throw e;
    }
  }

  private void addGpu(SessionOptions options) throws OrtException {
    if (!Boolean.getBoolean(CPU_OPERATIONS_ON_GPU)) {
      options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
    }
    try {
      options.addCUDA(placement.device().index());
    } catch (OrtException e) {
      throw new UnavailableHereException(
          "%s: device %s, but ONNX Runtime has no CUDA here: %s (expected: the jar of %s instead of that of onnxruntime, with CUDA and cuDNN installed; or device: cpu)"
              .formatted(
                  subject,
                  placement.device(),
                  new OnnxFailure(e).reason(),
                  OnnxEngine.GPU_COORDINATES),
          e);
    }
  }
}
