package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * Something about a model is not as a job needs it. The subclass says who must act; the message
 * names the model, the value and the remedy.
 */
public abstract sealed class ModelException extends RuntimeException
    permits InvalidModelException,
        ModelCallException,
        ModelOutOfMemoryException,
        StoreRefusedException,
        StoreUnavailableException,
        UnavailableHereException {
  private final Subject subject;
  private final boolean retryable;

  ModelException(Subject subject, String message, @Nullable Throwable cause, boolean retryable) {
    super(subject.prefix() + message, cause);
    this.subject = subject;
    this.retryable = retryable;
  }

  /** What it is about, as far as whoever threw it said. */
  public final Subject subject() {
    return subject;
  }

  /** Whether the same attempt may succeed later with nothing changed. */
  public final boolean retryable() {
    return retryable;
  }
}
