package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.InFlight;
import io.tidemill.inference.batch.Mark;
import io.tidemill.inference.codec.DeadLetter;
import java.util.List;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.util.OutputTag;

/**
 * Hands results, dead letters and marks to the next operator. Task thread only.
 *
 * @param <T> the record
 * @param <R> its result
 */
final class Emission<T, R> implements InFlight.Emitter<T, Object> {
  private final Output<?> output;
  private final Outlet<R> outlet;
  private final OutputTag<DeadLetter<T>> deadLetterTag;
  private final Batcher<T, Object> batcher;
  private final InferenceMetrics metrics;
  private final DeadStreak streak;

  /**
   * An emission.
   *
   * @param output for all but the results
   * @param outlet of the results
   * @param batcher takes back the batches that have left
   */
  Emission(
      Output<?> output,
      Outlet<R> outlet,
      OutputTag<DeadLetter<T>> deadLetterTag,
      Batcher<T, Object> batcher,
      InferenceMetrics metrics,
      DeadStreak streak) {
    this.output = output;
    this.outlet = outlet;
    this.deadLetterTag = deadLetterTag;
    this.batcher = batcher;
    this.metrics = metrics;
    this.streak = streak;
  }

  @Override
  // Outcomes are dead letters or results: only Scorer and its OutcomePolicy set them.
  @SuppressWarnings("unchecked")
  public void emit(Batch<T, Object> batch, int from, int to) {
    List<?> together = batch.outcomesOfAll();
    if (together != null) {
      outlet.together((List<R>) together, batch.timestamp(from));
      streak.result();
      return;
    }
    outlet.begin();
    int deadLetters = 0;
    for (int row = from; row < to; row++) {
      Object outcome = batch.outcome(row);
      long timestamp = batch.timestamp(row);
      if (outcome instanceof DeadLetter<?> deadLetter) {
        deadLetters++;
        streak.deadLetter(deadLetter);
        emit((DeadLetter<T>) deadLetter, timestamp);
      } else {
        outlet.result((R) outcome, timestamp);
      }
    }
    outlet.end();
    if (deadLetters < to - from) {
      streak.result();
    }
  }

  /**
   * Emits a record that entered no batch.
   *
   * @param alone whether no other record waits for its result, which might end the streak
   */
  void refused(DeadLetter<T> deadLetter, long timestamp, boolean alone) {
    emit(deadLetter, timestamp);
    if (alone) {
      streak.deadLetter(deadLetter);
      streak.batchLeft();
    }
  }

  private void emit(DeadLetter<T> deadLetter, long timestamp) {
    metrics.deadLetter(deadLetter.cause());
    output.collect(deadLetterTag, Outlet.carrier(deadLetter, timestamp));
  }

  @Override
  public void emit(Mark mark) {
    if (mark instanceof WatermarkMark waiting) {
      output.emitWatermark(waiting.watermark());
    } else if (mark instanceof StatusMark waiting) {
      output.emitWatermarkStatus(waiting.status());
    } else {
      throw new IllegalStateException("mark: " + mark + " (expected: a watermark or a status)");
    }
  }

  @Override
  public void left(Batch<T, Object> batch) {
    batcher.recycle(batch);
    streak.batchLeft();
  }
}
