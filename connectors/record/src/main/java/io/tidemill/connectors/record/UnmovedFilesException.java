package io.tidemill.connectors.record;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/**
 * Files of a job that has ended were not all moved to where readers look. Another attempt would
 * write those again that were, so that Flink tries none.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class UnmovedFilesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnmovedFilesException(String message, Throwable cause) {
    super(message, cause);
  }
}
