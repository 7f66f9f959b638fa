package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import java.util.function.Function;

/**
 * What becomes of records that get no result from a prediction, as the step's settings say.
 *
 * <p>Used by one thread at a time.
 */
final class OutcomePolicy<T> {
  private final Step step;
  private final StepSettings settings;
  private final Function<T, ?> unscored;

  /**
   * A policy of one step.
   *
   * @param unscored the result of a record that passes without a prediction; throws {@link
   *     UnsupportedOperationException} if there is none
   */
  OutcomePolicy(Step step, StepSettings settings, Function<T, ?> unscored) {
    this.step = step;
    this.settings = settings;
    this.unscored = unscored;
  }

  /**
   * Lets a record pass without a prediction.
   *
   * @throws InferenceException if the step's decoder has no result for it
   */
  void passUnscored(Batch<T, Object> batch, int row) {
    Object result;
    try {
      result = unscored.apply(batch.record(row));
    } catch (UnsupportedOperationException e) {
      throw step.failure(String.valueOf(e.getMessage()), e);
    }
    batch.outcome(row, result);
  }

  /**
   * Decides on a record that does not fit the model's inputs.
   *
   * @throws InferenceException if it is null and the step is to fail then
   */
  void unfit(Batch<T, Object> batch, int row, UnfitRecordException e) {
    if (!e.isNullInput()) {
      deadLetter(batch, row, DeadLetterCause.UNFIT, e.problem(), 0);
      return;
    }
    switch (settings.nullInput()) {
      case BY_MODEL, DEAD_LETTER, NAN ->
          deadLetter(batch, row, DeadLetterCause.NULL_INPUT, e.problem(), 0);
      case SKIP -> passUnscored(batch, row);
      case FAIL ->
          throw step.refusal(
              "record %d of batch %d: %s; null-input is fail"
                  .formatted(row, batch.number(), e.problem()),
              e);
    }
  }

  /**
   * Decides on a record whose prediction is not a number or infinite.
   *
   * @throws InferenceException if the step is to fail then
   */
  void notFinite(Batch<T, Object> batch, int row, int attempt) {
    String message = "prediction: not a number or infinite (expected: finite)";
    if (settings.onNan() == OnNotFinite.FAIL) {
      throw step.refusal(
          "record %d of batch %d: %s; on-nan is fail".formatted(row, batch.number(), message),
          null);
    }
    deadLetter(batch, row, DeadLetterCause.NOT_FINITE, message, attempt);
  }

  /** Makes a record a dead letter. */
  void deadLetter(
      Batch<T, Object> batch, int row, DeadLetterCause cause, String message, int attempts) {
    batch.outcome(
        row, step.deadLetter(batch.record(row), cause, message, batch.number(), attempts));
  }
}
