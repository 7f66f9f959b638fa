package io.tidemill.inference.operator;

import org.jspecify.annotations.Nullable;

/**
 * A step that cannot go on; the task fails with the step's and the model's name. The subclass says
 * who must act, where it is not the model's publisher.
 */
public sealed class InferenceException extends RuntimeException
    permits RefusedRecordException, StepMemoryException, StepSettingsException {
  InferenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
