package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * What a store answers no to: a model, version or alias that it does not have, a version that it
 * has with other content, a version that an alias still means, or a change that its policy forbids.
 * The author of the pipeline must name something else, or the publisher of the model publish it
 * otherwise.
 */
public final class StoreRefusedException extends ModelException {
  public StoreRefusedException(String message) {
    this(message, null);
  }

  public StoreRefusedException(String message, @Nullable Throwable cause) {
    this(Subject.UNKNOWN, message, cause);
  }

  /** What failed, and what it is about: the message begins with it. */
  public StoreRefusedException(Subject subject, String message, @Nullable Throwable cause) {
    super(subject, message, cause, false);
  }
}
