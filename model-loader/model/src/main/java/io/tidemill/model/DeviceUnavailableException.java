package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A device that the job asks for and the machine does not have. The operator of the job must act.
 */
public final class DeviceUnavailableException extends ModelException {
  public DeviceUnavailableException(String message) {
    this(message, null);
  }

  public DeviceUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
