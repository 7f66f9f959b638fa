package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.UnavailableHereException;
import java.util.List;
import java.util.Locale;

/**
 * What an exception of ONNX Runtime means for those who must act. ONNX Runtime has no code for some
 * of it, so that its words decide.
 */
final class OnnxFailure {
  private static final List<String> OUT_OF_MEMORY =
      List.of(
          "failed to allocate memory",
          "available memory of",
          "bad_alloc",
          "bad allocation",
          "out of memory",
          "alloc_failed");
  private static final List<String> NO_GPU =
      List.of("cuda failure", "cudnn failure", "cublas failure", "cuda error");
  private static final String CPU_REFUSED = "fallback to cpu ep has been explicitly disabled";
  private static final List<String> OTHER_SHAPE =
      List.of(
          "the output ortvalue provided for output", "shape mismatch attempting to re-use buffer");

  private OnnxFailure() {}

  /** What a failed load of {@code subject} is thrown as. */
  static ModelException ofLoad(String subject, Device device, OrtException thrown) {
    if (says(thrown, OUT_OF_MEMORY)) {
      return new ModelOutOfMemoryException(
          "%s: ONNX Runtime ran out of memory while it loaded: %s"
              .formatted(subject, reason(thrown)),
          thrown);
    }
    if (says(thrown, List.of(CPU_REFUSED))) {
      return new UnavailableHereException(
          "%s: device %s, but some of its operations have no CUDA kernel (expected: one for each; -D%s=true lets them run on the CPU)"
              .formatted(subject, device, OnnxSettings.CPU_OPERATIONS_ON_GPU),
          thrown);
    }
    if (device.kind() == Device.Kind.GPU
        && (thrown.getCode() == OrtErrorCode.ORT_EP_FAIL || says(thrown, NO_GPU))) {
      return new UnavailableHereException(
          "%s: device %s cannot be used: %s (expected: this GPU, its driver, CUDA and cuDNN; or device: cpu)"
              .formatted(subject, device, reason(thrown)),
          thrown);
    }
    return new InvalidModelException(
        "%s: ONNX Runtime cannot load it: %s (expected: a whole .onnx file, the files that hold its weights beside it, and operations that ONNX Runtime has)"
            .formatted(subject, reason(thrown)),
        thrown);
  }

  /** What a failed call is thrown as. */
  static ModelException ofCall(String subject, int rows, OrtException thrown) {
    if (says(thrown, OUT_OF_MEMORY)) {
      return new ModelOutOfMemoryException(
          "%s: ONNX Runtime ran out of memory in a call with %d rows: %s"
              .formatted(subject, rows, reason(thrown)),
          thrown);
    }
    return new ModelCallException(
        "%s: ONNX Runtime failed a call with %d rows: %s".formatted(subject, rows, reason(thrown)),
        thrown);
  }

  /** Whether a call failed because an output has another shape than the memory given for it. */
  static boolean isOtherShape(OrtException thrown) {
    return says(thrown, OTHER_SHAPE);
  }

  /** What ONNX Runtime says, its first line. */
  static String reason(OrtException thrown) {
    String message = String.valueOf(thrown.getMessage());
    return message.lines().findFirst().orElse(message);
  }

  private static boolean says(OrtException thrown, List<String> words) {
    String message = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
    return words.stream().anyMatch(message::contains);
  }
}
