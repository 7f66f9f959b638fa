package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A scorer, the batch that is in it, and that batch's next step.
 *
 * <p>Belongs to the worker that {@link Lanes#next} gave it to, and to {@link Lanes} otherwise.
 */
final class Lane<T, R> {
  private final Scorer<T, R> scorer;
  private @Nullable Batch<T, Object> batch;
  private Step step = Step.ENCODE;
  private boolean encodesAhead;
  private boolean failed;
  private long codecNanos;

  /** What is done with a batch, in this order. */
  enum Step {
    ENCODE,
    CALL,
    DECODE
  }

  Lane(Scorer<T, R> scorer) {
    this.scorer = scorer;
  }

  /**
   * Lets a batch in, to be encoded.
   *
   * @param ahead whether that is beside a call of the model, and gives way to it
   */
  void enter(Batch<T, Object> next, boolean ahead) {
    batch = next;
    encodesAhead = ahead;
    step = Step.ENCODE;
    failed = false;
  }

  /** Lets the batch go on to its next step, which is not its last. */
  void advance() {
    step = step == Step.ENCODE ? Step.CALL : Step.DECODE;
  }

  /** The step to do, or the one that is just done. */
  Step step() {
    return step;
  }

  /** Whether the batch has left, after its last step or after a failure. */
  boolean isFree() {
    return failed || step == Step.DECODE;
  }

  /** What encoding and decoding the last batch took. */
  long codecNanos() {
    return codecNanos;
  }

  // The worker.
  void work(Workers.Completions<T> completions) {
    Batch<T, Object> present = Objects.requireNonNull(batch, "batch");
    try {
      switch (step) {
        case ENCODE -> scorer.encode(present, encodesAhead);
        case CALL -> scorer.call();
        case DECODE -> {
          ScoreReport report = scorer.decode();
          codecNanos = report.encodeNanos() + report.decodeNanos();
          completions.scored(present, report);
        }
      }
    } catch (Throwable e) {
      failed = true;
      scorer.abandon();
      completions.failed(present, e);
    }
  }
}
