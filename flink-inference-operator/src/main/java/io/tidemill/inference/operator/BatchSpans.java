package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.batch.Batch;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.traces.Span;
import org.apache.flink.traces.SpanBuilder;

/**
 * Reports one of so many batches as a span to the trace reporters that Flink is configured with:
 * from its first record until its results are made. What took how long is in the span's attributes,
 * as Flink's spans know milliseconds only. Step, model and version are attributes too: they are
 * those of the group.
 *
 * <p>Thread-safe.
 */
final class BatchSpans {
  private static final String NAME = "Batch";

  private final MetricGroup group;
  private final int every;
  private final NanoClock clock;

  /**
   * Spans of a subtask.
   *
   * @param every one of so many batches has a span; 0 for none
   */
  BatchSpans(MetricGroup group, int every, NanoClock clock) {
    this.group = group;
    this.every = every;
    this.clock = clock;
  }

  /** The span of a batch that has its results now, for {@link #report}; empty if it has none. */
  Optional<SpanBuilder> scored(Batch<?, ?> batch, ScoreReport report) {
    return every != 0 && batch.number() % every == 0
        ? Optional.of(span(batch, report))
        : Optional.empty();
  }

  /** Blocks while Flink's reporters take it. */
  void report(SpanBuilder span) {
    group.addSpan(span);
  }

  private SpanBuilder span(Batch<?, ?> batch, ScoreReport report) {
    long ended = System.currentTimeMillis();
    long lasted = TimeUnit.NANOSECONDS.toMillis(clock.nanos() - batch.openedNanos());
    return Span.builder(BatchSpans.class, NAME)
        .setStartTsMillis(ended - lasted)
        .setEndTsMillis(ended)
        .setAttribute("batch", batch.number())
        .setAttribute("records", batch.size())
        .setAttribute("closed", InferenceMetrics.label(requireNonNull(batch.closeCause())))
        .setAttribute("queueWaitNanos", batch.waitedNanos())
        .setAttribute("encodeNanos", report.encodeNanos())
        .setAttribute("modelNanos", report.modelNanos())
        .setAttribute("decodeNanos", report.decodeNanos())
        .setAttribute("modelCalls", report.calls());
  }
}
