package io.tidemill.model.store.oci;

import java.io.IOException;
import java.time.Duration;

/** That a registry answered, but not with what was asked for. */
final class RegistryException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;

  private final int status;
  private final Duration retryAfter;

  /**
   * @param status the answer's, of HTTP
   */
  RegistryException(int status, String message) {
    this(status, message, Duration.ZERO);
  }

  /**
   * @param retryAfter how long the registry wants to be left alone; zero if it does not say
   */
  RegistryException(int status, String message, Duration retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  int status() {
    return status;
  }

  Duration retryAfter() {
    return retryAfter;
  }

  /** Whether it is there, and has too much to do. */
  boolean busy() {
    return status == TOO_MANY_REQUESTS || (status >= SERVER_ERRORS && !retryAfter.isZero());
  }
}
