package io.tidemill.inference.operator;

import org.jspecify.annotations.Nullable;

/** Memory that a step needs and does not have. The operator of the job must act. */
public final class StepMemoryException extends InferenceException {
  StepMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
