package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * Something about a model is not as a job needs it. The subclass says who must act; the message
 * names the model, the value and the remedy.
 */
public abstract class ModelException extends RuntimeException {
  ModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Whether the same attempt may succeed later with nothing changed. */
  public abstract boolean retryable();
}
