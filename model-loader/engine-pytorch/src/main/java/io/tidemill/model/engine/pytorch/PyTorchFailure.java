package io.tidemill.model.engine.pytorch;

import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.EngineWords;
import java.util.List;

/** What an exception of PyTorch means for those who must act. */
record PyTorchFailure(Throwable thrown) {
  private static final EngineWords WORDS = new EngineWords("PyTorch");
  private static final List<String> NO_GPU = List.of("cuda error: ");
  private static final String ERROR = "Error: ";

  ModelException ofLoad(String subject, Device device) {
    return WORDS
        .outOfMemoryOfLoad(subject, reason(), thrown)
        .orElseGet(
            () ->
                EngineWords.say(thrown.getMessage(), NO_GPU)
                    ? new UnavailableHereException(
                        "%s: device %s cannot be used: %s (expected: this GPU and its driver, and no earlier error of the GPU in this process; restart the TaskManager after one, or device: cpu)"
                            .formatted(subject, device, reason()),
                        thrown)
                    : new InvalidModelException(
                        "%s: PyTorch cannot load it: %s (expected: a file of torch.jit.save)"
                            .formatted(subject, reason()),
                        thrown));
  }

  ModelException ofCall(ModelVersion version, int rows) {
    return WORDS.ofCall(version, rows, reason(), thrown);
  }

  /**
   * The line with PyTorch's own words: the last that names an error, since a TorchScript traceback
   * ends with it, or the first.
   */
  String reason() {
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
