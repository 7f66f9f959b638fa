package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.batch.Batch;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.traces.Span;
import org.apache.flink.traces.SpanBuilder;
import org.apache.flink.util.ExceptionUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports one of so many batches as a span to the trace reporters that Flink is configured with:
 * from its first record until its results are made. What took how long is in the span's attributes,
 * as Flink's spans know milliseconds only. Step, model and version are attributes too: they are
 * those of the group.
 *
 * <p>Reporters are others' code and may wait for a network: a thread of its own calls them, which
 * the first span starts. Spans that come while it has enough to report are dropped, as they are
 * samples; what a reporter throws fails nothing. One that hangs holds the lock of Flink's registry,
 * which no caller can help.
 *
 * <p>Thread-safe.
 */
final class BatchSpans implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSpans.class);
  private static final String NAME = "Batch";
  private static final int MOST_WAITING = 16;
  private static final long PATIENCE_AT_CLOSE_MILLIS = 200;

  private final ThreadPoolExecutor reporting;
  private final MetricGroup group;
  private final Step step;
  private final int every;
  private final NanoClock clock;
  // Of the thread for spans.
  private volatile boolean failed;

  /**
   * Spans of a subtask.
   *
   * @param every one of so many batches has a span; 0 for none
   */
  BatchSpans(MetricGroup group, Step step, int every, NanoClock clock) {
    this.reporting =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            this::thread,
            new ThreadPoolExecutor.DiscardPolicy());
    this.group = group;
    this.step = step;
    this.every = every;
    this.clock = clock;
  }

  private Thread thread(Runnable work) {
    Thread thread = new Thread(work, step.id() + "-spans");
    thread.setDaemon(true);
    return thread;
  }

  /** Has the span of a batch reported that has its results now, if it has one. Never blocks. */
  void scored(Batch<?, ?> batch, ScoreReport report) {
    if (every != 0 && batch.number() % every == 0) {
      SpanBuilder span = span(batch, report);
      reporting.execute(() -> report(span));
    }
  }

  // The thread for spans.
  private void report(SpanBuilder span) {
    try {
      group.addSpan(span);
    } catch (Throwable e) {
      ExceptionUtils.rethrowIfFatalErrorOrOOM(e);
      if (!failed) {
        failed = true;
        LOG.warn(
            "step '{}': a span was not reported; the next ones that fail are not logged",
            step.id(),
            e);
      }
    }
  }

  /** Waits briefly for what is to be reported yet, and leaves a reporter that hangs behind. */
  @Override
  public void close() {
    reporting.shutdown();
    try {
      reporting.awaitTermination(PATIENCE_AT_CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    reporting.shutdownNow();
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
