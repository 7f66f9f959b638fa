package io.tidemill.model.engine.pytorch;

import ai.djl.engine.EngineException;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.UnavailableHereException;
import java.util.List;
import java.util.Locale;

/**
 * What an exception of PyTorch means for those who must act. PyTorch has one exception for all of
 * it, so that its words decide.
 */
final class PyTorchFailure {
  private static final List<String> OUT_OF_MEMORY =
      List.of(
          "can't allocate memory",
          "not enough memory",
          "out of memory",
          "bad_alloc",
          "alloc_failed");
  private static final List<String> NO_GPU = List.of("cuda error: ");
  private static final String ERROR = "Error: ";

  private PyTorchFailure() {}

  static ModelException ofLoad(String subject, Device device, EngineException thrown) {
    if (says(thrown, OUT_OF_MEMORY)) {
      return new ModelOutOfMemoryException(
          "%s: PyTorch ran out of memory while it loaded: %s".formatted(subject, reason(thrown)),
          thrown);
    }
    if (says(thrown, NO_GPU)) {
      return new UnavailableHereException(
          "%s: device %s cannot be used: %s (expected: this GPU and its driver, and no earlier error of the GPU in this process; restart the TaskManager after one, or device: cpu)"
              .formatted(subject, device, reason(thrown)),
          thrown);
    }
    return new InvalidModelException(
        "%s: PyTorch cannot load it: %s (expected: a file of torch.jit.save)"
            .formatted(subject, reason(thrown)),
        thrown);
  }

  static ModelException ofCall(String subject, int rows, EngineException thrown) {
    if (says(thrown, OUT_OF_MEMORY)) {
      return new ModelOutOfMemoryException(
          "%s: PyTorch ran out of memory in a call with %d rows: %s"
              .formatted(subject, rows, reason(thrown)),
          thrown);
    }
    return new ModelCallException(
        "%s: PyTorch failed a call with %d rows: %s".formatted(subject, rows, reason(thrown)),
        thrown);
  }

  private static boolean says(EngineException thrown, List<String> words) {
    String message = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
    return words.stream().anyMatch(message::contains);
  }

  /**
   * The line with PyTorch's own words: the last that names an error, since a TorchScript traceback
   * ends with it, or the first.
   */
  static String reason(Throwable thrown) {
    Throwable innermost = thrown;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String message = String.valueOf(innermost.getMessage());
    return message
        .lines()
        .filter(line -> line.contains(ERROR))
        .reduce((first, last) -> last)
        .orElseGet(() -> message.lines().findFirst().orElse(message))
        .strip();
  }
}
