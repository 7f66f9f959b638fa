package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * Something that the policy of a store forbids. The publisher must act, or whoever keeps the
 * store's {@code store.yaml}.
 */
public final class PolicyViolationException extends ModelException {
  public PolicyViolationException(String message) {
    this(message, null);
  }

  public PolicyViolationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
