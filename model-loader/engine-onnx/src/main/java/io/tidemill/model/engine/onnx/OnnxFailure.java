package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.EngineWords;
import java.util.List;

/** What an exception of ONNX Runtime means for those who must act. */
record OnnxFailure(OrtException thrown) {
  private static final EngineWords WORDS = new EngineWords("ONNX Runtime");
  private static final List<String> NO_GPU =
      List.of("cuda failure", "cudnn failure", "cublas failure", "cuda error");
  private static final List<String> CPU_REFUSED =
      List.of("fallback to cpu ep has been explicitly disabled");
  private static final List<String> OTHER_SHAPE =
      List.of(
          "the output ortvalue provided for output", "shape mismatch attempting to re-use buffer");

  /** What a failed load of {@code subject} is thrown as. */
  ModelException ofLoad(String subject, Device device) {
    return WORDS
        .outOfMemoryOfLoad(subject, reason(), thrown)
        .orElseGet(() -> ofDeviceOrFile(subject, device));
  }

  private ModelException ofDeviceOrFile(String subject, Device device) {
    if (EngineWords.say(thrown.getMessage(), CPU_REFUSED)) {
      return new UnavailableHereException(
          "%s: device %s, but some of its operations have no CUDA kernel (expected: one for each; -D%s=true lets them run on the CPU)"
              .formatted(subject, device, OnnxSettings.CPU_OPERATIONS_ON_GPU),
          thrown);
    }
    if (device.kind() == Device.Kind.GPU
        && (thrown.getCode() == OrtErrorCode.ORT_EP_FAIL
            || EngineWords.say(thrown.getMessage(), NO_GPU))) {
      return new UnavailableHereException(
          "%s: device %s cannot be used: %s (expected: this GPU, its driver, CUDA and cuDNN; or device: cpu)"
              .formatted(subject, device, reason()),
          thrown);
    }
    return new InvalidModelException(
        "%s: ONNX Runtime cannot load it: %s (expected: a whole .onnx file, the files that hold its weights beside it, and operations that ONNX Runtime has)"
            .formatted(subject, reason()),
        thrown);
  }

  /** What a failed call is thrown as. */
  ModelException ofCall(ModelVersion version, int rows) {
    return WORDS.ofCall(version, rows, reason(), thrown);
  }

  /** Whether a call failed because an output has another shape than the memory given for it. */
  boolean isOtherShape() {
    return EngineWords.say(thrown.getMessage(), OTHER_SHAPE);
  }

  /** What ONNX Runtime says, its first line. */
  String reason() {
    String message = String.valueOf(thrown.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
