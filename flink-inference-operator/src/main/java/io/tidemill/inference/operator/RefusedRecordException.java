package io.tidemill.inference.operator;

import org.jspecify.annotations.Nullable;

/**
 * A record without a prediction, in a step that is to fail then. The author of the pipeline or the
 * producer of the records must act.
 */
public final class RefusedRecordException extends InferenceException {
  RefusedRecordException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
