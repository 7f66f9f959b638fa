package io.tidemill.inference.operator;

import io.tidemill.inference.codec.DeadLetter;
import org.jspecify.annotations.Nullable;

/**
 * A record without a prediction, in a step that is to fail then. The author of the pipeline or the
 * producer of the records must act.
 */
public final class RefusedRecordException extends InferenceException {
  private static final int LONGEST_RECORD = 400;

  RefusedRecordException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * That a step does not go on after a record that could not be scored.
   *
   * @param record as a person reads it
   * @param reason what says that it is to fail, as in {@code on-error is fail}
   */
  public static RefusedRecordException of(DeadLetter<?> letter, String record, String reason) {
    String shown =
        record.length() <= LONGEST_RECORD ? record : record.substring(0, LONGEST_RECORD) + "…";
    return new Step(letter.step(), letter.model())
        .refusal(
            "record %s: %s: %s; %s".formatted(shown, letter.cause(), letter.message(), reason),
            null);
  }
}
