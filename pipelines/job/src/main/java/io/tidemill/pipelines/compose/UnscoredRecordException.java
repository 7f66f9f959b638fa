package io.tidemill.pipelines.compose;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/**
 * A record that cannot be scored, in a job that has nowhere to put it. The operator of the job must
 * act; a retry meets the same record.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class UnscoredRecordException extends RuntimeException {
  UnscoredRecordException(String message) {
    super(message);
  }
}
