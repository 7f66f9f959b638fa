package io.tidemill.connectors.record;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.jspecify.annotations.Nullable;

/**
 * A record that cannot become a prediction, in a job that has nowhere else to put it. The operator
 * of the job must act; a restart meets the same record, so that Flink tries none.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class RecordFailureException extends RuntimeException {
  public RecordFailureException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
