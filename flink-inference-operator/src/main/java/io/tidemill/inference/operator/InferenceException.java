package io.tidemill.inference.operator;

import org.jspecify.annotations.Nullable;

/** A step that cannot go on; the task fails with the step's and the model's name. */
public final class InferenceException extends RuntimeException {
  InferenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
