package io.tidemill.model.store.oci;

import java.io.IOException;

/** That a registry answered, but not with what was asked for. */
final class RegistryException extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;

  /**
   * @param status the answer's, of HTTP
   */
  RegistryException(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
