package io.tidemill.pipelines.run;

import io.tidemill.connectors.record.UnmovedFilesException;
import io.tidemill.pipelines.compose.StartedPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.util.ExceptionUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job that runs inside this process.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedJob {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedJob.class);

  private final String name;
  private final RunStart start;
  private final StartedPipeline started;
  private final JobClient client;
  private final URI webInterface;
  private final Supplier<RunFigures> figures;
  private volatile boolean cancelled;
  private volatile boolean stopped;
  private volatile boolean finished;

  EmbeddedJob(
      String name,
      RunStart start,
      StartedPipeline started,
      URI webInterface,
      Supplier<RunFigures> figures) {
    this.name = name;
    this.start = start;
    this.started = started;
    this.client = started.client();
    this.webInterface = webInterface;
    this.figures = figures;
  }

  /** Where a browser on this machine sees the job, for as long as it runs. */
  public URI webInterface() {
    return webInterface;
  }

  /** What the job has done so far, or had done when it ended. */
  public RunFigures figures() {
    RunFigures now = figures.get();
    return finished ? now.finished() : now;
  }

  /**
   * What Flink says of a job that has come to its end. Blocks until then.
   *
   * @throws RunFailedException if it failed
   */
  public JobExecutionResult result() throws InterruptedException {
    try {
      return client.getJobExecutionResult().get();
    } catch (ExecutionException | CompletionException failed) {
      throw RunFailedException.of(name, failed);
    }
  }

  /** Flink's own handle to the job. */
  public JobClient client() {
    return client;
  }

  /**
   * Blocks until the job has ended or the time has passed.
   *
   * @return whether it has ended, in whatever way
   */
  public boolean ended(Duration time) throws InterruptedException {
    try {
      client.getJobExecutionResult().get(time.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException | CompletionException failed) {
      return true;
    } catch (TimeoutException stillRunning) {
      return false;
    }
  }

  /**
   * Blocks until the job ends by itself, is stopped or is cancelled.
   *
   * @return whether it ended in order, at the end of its input or stopped
   * @throws RunFailedException if it failed
   */
  public boolean await() throws InterruptedException {
    try {
      client.getJobExecutionResult().get();
      if (!stopped) {
        finished = true;
        start.finish();
      }
      return true;
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    } catch (ExecutionException | CompletionException failed) {
      if (ExceptionUtils.findThrowable(failed, UnmovedFilesException.class).isEmpty()) {
        started.discardFiles();
      }
      if (cancelled) {
        return false;
      }
      throw RunFailedException.of(name, failed);
    }
  }

  /**
   * Stops the job in order, so that what it has read is scored and published, and its state is left
   * to the next run. One that keeps no state, or does not stop within the limit, is cancelled, for
   * which there is as much time again. Blocks until the job has ended.
   *
   * @param forGood whether the state is a savepoint that stays when a run has gone on from it
   * @return whether it has ended
   */
  public boolean stop(boolean forGood, Duration limit) throws InterruptedException {
    if (start.keepsState()) {
      try {
        client
            .stopWithSavepoint(
                false,
                start.stopFolder(forGood).toString(),
                forGood ? SavepointFormatType.CANONICAL : SavepointFormatType.NATIVE)
            .get(limit.toNanos(), TimeUnit.NANOSECONDS);
        stopped = true;
        if (ended(limit)) {
          return true;
        }
      } catch (ExecutionException | CompletionException | TimeoutException inTrouble) {
        LOG.warn("{}: did not stop in order, and is cancelled", name, inTrouble);
      }
    }
    return cancel(limit);
  }

  /**
   * Cancels the job, and blocks until it has ended or the limit has passed. What was not committed
   * is not visible to readers of committed records. Does nothing to a job that has ended.
   *
   * @return whether it has ended
   */
  public boolean cancel(Duration limit) throws InterruptedException {
    cancelled = true;
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    try {
      client.cancel().get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | IllegalStateException alreadyEnded) {
      return true;
    } catch (TimeoutException stillRunning) {
      return false;
    }
    return ended(Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime())));
  }
}
