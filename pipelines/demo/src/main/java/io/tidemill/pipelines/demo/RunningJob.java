package io.tidemill.pipelines.demo;

import io.tidemill.pipelines.run.EmbeddedJob;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.core.execution.SavepointFormatType;

/**
 * The job while it runs in this process.
 *
 * <p>For use by one thread at a time.
 */
final class RunningJob implements AutoCloseable {
  private static final Duration CANCEL_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
  private static final Duration METRICS_LIMIT = Duration.ofSeconds(10);
  private static final Duration METRICS_PAUSE = Duration.ofMillis(300);

  private final EmbeddedJob job;
  private final CompletableFuture<JobExecutionResult> end;
  private final JobMetrics metrics;

  RunningJob(EmbeddedJob job) {
    this.job = job;
    end = job.client().getJobExecutionResult();
    metrics = new JobMetrics(job.webInterface(), job.client().getJobID().toString());
  }

  URI webInterface() {
    return job.webInterface();
  }

  /**
   * Lets time pass while the job runs.
   *
   * @throws io.tidemill.pipelines.run.RunFailedException if the job has failed
   * @throws IllegalStateException if it has ended otherwise
   */
  void pause(Duration time) throws InterruptedException {
    try {
      end.get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException stillRunning) {
      return;
    } catch (ExecutionException failed) {
      awaitEnd();
    }
    throw new IllegalStateException(
        "the job has ended (expected: it reads on until it is stopped)");
  }

  /**
   * Blocks until the job has ended by itself.
   *
   * @throws io.tidemill.pipelines.run.RunFailedException if it failed
   */
  void awaitEnd() throws InterruptedException {
    job.await();
  }

  /**
   * What a step counts, when it has counted so many records or after some seconds: Flink shows its
   * counts a moment later than they are.
   */
  BatchCounts batches(String step, long records) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + METRICS_LIMIT.toNanos();
    BatchCounts counts = metrics.batches(step);
    while (counts.records() < records && System.nanoTime() - deadlineNanos < 0) {
      pause(METRICS_PAUSE);
      counts = metrics.batches(step);
    }
    return counts;
  }

  /**
   * Stops the job so that everything it has read and scored is committed. Blocks until it has
   * ended.
   *
   * @param savepoints where its state is left
   * @throws IllegalStateException if it does not stop in order
   */
  void stop(Path savepoints) throws InterruptedException {
    try {
      job.client()
          .stopWithSavepoint(false, savepoints.toUri().toString(), SavepointFormatType.NATIVE)
          .get(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      end.get(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the job did not stop in order: " + e.getMessage(), e);
    }
  }

  /** Cancels the job and waits for its end, some seconds at most. */
  @Override
  public void close() {
    try {
      job.cancel(CANCEL_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
