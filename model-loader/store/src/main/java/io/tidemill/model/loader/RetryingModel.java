package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A model that tries its calls again.
 *
 * <p>An interrupt ends the attempts: the call throws the last failure and the thread stays
 * interrupted. Failures of earlier attempts are suppressed exceptions of the last one.
 *
 * <p>Thread-safe.
 */
final class RetryingModel implements Model {
  private final Model model;
  private final Retries retries;
  private final Pause pause;

  /** How a call waits for its next attempt. */
  interface Pause {
    Pause REAL =
        new Pause() {
          @Override
          public double jitter() {
            return ThreadLocalRandom.current().nextDouble();
          }

          @Override
          public void sleep(Duration duration) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
          }
        };

    /** A random number from 0 to 1. */
    double jitter();

    void sleep(Duration duration) throws InterruptedException;
  }

  RetryingModel(Model model, Retries retries, Pause pause) {
    this.model = requireNonNull(model, "model");
    this.retries = requireNonNull(retries, "retries");
    this.pause = requireNonNull(pause, "pause");
  }

  @Override
  public ModelVersion version() {
    return model.version();
  }

  @Override
  public Signature signature() {
    return model.signature();
  }

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    Duration longest = retries.firstPause();
    RuntimeException earlier = null;
    for (int attempt = 1; ; attempt++) {
      try {
        return model.predict(input, allocator);
      } catch (RuntimeException failure) {
        if (earlier != null && earlier != failure) {
          failure.addSuppressed(earlier);
        }
        if (attempt >= retries.attempts() || !retries.failures().test(failure)) {
          throw failure;
        }
        await(longest, failure);
        longest = atMost(retries.longestPause(), longest.multipliedBy(2));
        earlier = failure;
      }
    }
  }

  private static Duration atMost(Duration limit, Duration wanted) {
    return wanted.compareTo(limit) < 0 ? wanted : limit;
  }

  private void await(Duration longest, RuntimeException failure) {
    if (Thread.currentThread().isInterrupted()) {
      throw failure;
    }
    try {
      pause.sleep(Duration.ofNanos((long) (longest.toNanos() * (0.5 + pause.jitter() / 2))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
