package io.tidemill.inference.operator;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.step.StepSettings;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters that left one after another without a result between them. A step of which so much
 * becomes dead letters is broken, and fails instead of turning a stream into them.
 *
 * <p>Batches alone would not tell: where few records come, each is a batch, and three bad ones in a
 * row are no broken step. So the streak must also be as long as a full batch, and no shorter than
 * where batches are small. A record that enters no batch counts as one of its own.
 *
 * <p>Used by one thread at a time: the task thread, or whoever has the lock of an {@link
 * AsyncStep}.
 */
final class DeadStreak {
  // With small batches a few bad records side by side, as data has them, would be as many batches.
  private static final int LEAST_RECORDS = 256;

  private final Step step;
  private final int maxBatches;
  private final int leastRecords;
  private int batches;
  private long records;
  private @Nullable DeadLetter<?> last;

  DeadStreak(Step step, StepSettings settings) {
    this.step = step;
    this.maxBatches = settings.deadBatches();
    this.leastRecords = Math.max(LEAST_RECORDS, settings.batching().maxSize());
  }

  /** A dead letter is about to leave. */
  void deadLetter(DeadLetter<?> deadLetter) {
    records++;
    last = deadLetter;
  }

  /** A result has left. */
  void result() {
    batches = 0;
    records = 0;
    last = null;
  }

  /**
   * A batch has left, or a record that entered none.
   *
   * @throws InferenceException if the step is broken
   */
  void batchLeft() {
    DeadLetter<?> letter = last;
    if (letter == null) {
      return;
    }
    batches++;
    if (maxBatches > 0 && batches >= maxBatches && records >= leastRecords) {
      String problem =
          "%d records in %d batches became dead letters, one after another, the last for %s: %s (expected: fewer than dead-batches, %d); the step is at fault, not the data"
              .formatted(records, batches, letter.cause(), letter.message(), maxBatches);
      // Columns that do not fit are its author's to mend, and not the model's publisher's.
      throw switch (letter.cause()) {
        case NULL_INPUT, UNFIT, TOO_LARGE -> step.wrongSettings(problem);
        default -> step.failure(problem, null);
      };
    }
  }
}
