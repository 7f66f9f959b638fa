package io.tidemill.connectors.record;

import java.io.IOException;

/** A file that was not read to its end, which another attempt may do. */
public final class FileFailureException extends IOException {
  private static final long serialVersionUID = 1L;

  public FileFailureException(String message, Throwable cause) {
    super(message, cause);
  }
}
