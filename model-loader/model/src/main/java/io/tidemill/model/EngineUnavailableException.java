package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * An engine that is not on the classpath, or does not run on this machine or as the job asks. The
 * operator of the job must act.
 */
public final class EngineUnavailableException extends ModelException {
  public EngineUnavailableException(String message) {
    this(message, null);
  }

  public EngineUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
