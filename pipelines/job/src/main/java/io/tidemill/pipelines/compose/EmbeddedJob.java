package io.tidemill.pipelines.compose;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.core.execution.JobClient;

/**
 * A job that runs inside this process.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedJob {
  private final String name;
  private final JobClient client;
  private final URI webInterface;
  private volatile boolean cancelled;

  EmbeddedJob(String name, JobClient client, URI webInterface) {
    this.name = name;
    this.client = client;
    this.webInterface = webInterface;
  }

  /** Where a browser on this machine sees the job, for as long as it runs. */
  public URI webInterface() {
    return webInterface;
  }

  /** Flink's own handle to the job. */
  public JobClient client() {
    return client;
  }

  /**
   * Blocks until the job ends by itself or is cancelled.
   *
   * @return whether it ended by itself, at the end of its input or stopped with a savepoint
   * @throws RunFailedException if it failed
   */
  public boolean await() throws InterruptedException {
    try {
      client.getJobExecutionResult().get();
      return true;
    } catch (ExecutionException | CompletionException failed) {
      if (cancelled) {
        return false;
      }
      throw RunFailedException.of(name, failed);
    }
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
    try {
      client
          .getJobExecutionResult()
          .get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException ended) {
      return true;
    } catch (TimeoutException stillRunning) {
      return false;
    }
  }
}
