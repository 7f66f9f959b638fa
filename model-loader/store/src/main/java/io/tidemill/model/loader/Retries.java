package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import java.io.Serializable;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;

/**
 * How often something is tried, how long it pauses between two attempts, and after which failures.
 *
 * <p>For models whose calls fail now and then for reasons of their own, such as one that asks a
 * service. A model that computes in this process fails the same way again: give it none. Only the
 * whole of all attempts and pauses counts for a step's call timeout, so keep it below that.
 *
 * <p>The pause doubles with every attempt up to {@code longestPause}; of that a random half to
 * whole is waited, so that subtasks that failed together do not come back together. An interrupt
 * ends the attempts: the last failure is thrown and the thread stays interrupted. Failures of
 * earlier attempts are suppressed exceptions of the last one.
 *
 * <pre>{@code
 * ModelSource patient = Retries.attempts(3).of(source);
 * }</pre>
 *
 * <p>Immutable and thread-safe, as long as the predicate is.
 *
 * @param attempts how often it is tried in all, at least 1
 * @param firstPause the most between the first attempt and the second
 * @param longestPause the most between any two attempts
 * @param failures the failures after which it is tried again
 */
public record Retries(int attempts, Duration firstPause, Duration longestPause, Failures failures)
    implements Serializable {
  public static final Duration DEFAULT_FIRST_PAUSE = Duration.ofMillis(100);
  public static final Duration DEFAULT_LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Tells failures that may pass from those that stay; travels to the tasks. Thread-safe. */
  @FunctionalInterface
  public interface Failures extends Predicate<RuntimeException>, Serializable {}

  /** How one waits for the next attempt. */
  @FunctionalInterface
  interface Pause {
    Pause REAL = duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos());

    void sleep(Duration duration) throws InterruptedException;

    /** A random number from 0 to 1. */
    default double jitter() {
      return ThreadLocalRandom.current().nextDouble();
    }
  }

  public Retries {
    requireNonNull(firstPause, "firstPause");
    requireNonNull(longestPause, "longestPause");
    requireNonNull(failures, "failures");
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts: " + attempts + " (expected: >= 1)");
    }
    if (firstPause.isNegative() || firstPause.compareTo(longestPause) > 0) {
      throw new IllegalArgumentException(
          "first pause: %s (expected: 0s to the longest pause, %s)"
              .formatted(firstPause, longestPause));
    }
  }

  /**
   * This many attempts, 100 ms to 5 s apart, after any failure that calls itself retryable. Out of
   * memory does not: the same batch would not fit again, and a step halves it instead.
   *
   * @throws IllegalArgumentException unless at least 1
   */
  public static Retries attempts(int attempts) {
    return new Retries(
        attempts,
        DEFAULT_FIRST_PAUSE,
        DEFAULT_LONGEST_PAUSE,
        failure -> failure instanceof ModelException known && known.retryable());
  }

  /**
   * The same with other pauses.
   *
   * @throws IllegalArgumentException if the first is negative or longer than the longest
   */
  public Retries withPauses(Duration first, Duration longest) {
    return new Retries(attempts, first, longest, failures);
  }

  /** The same after other failures. */
  public Retries after(Failures which) {
    return new Retries(attempts, firstPause, longestPause, which);
  }

  /** A model that tries its calls again; closing it closes {@code model}. */
  public Model of(Model model) {
    return of(model, Pause.REAL);
  }

  Model of(Model model, Pause pause) {
    return new RetryingModel(model, this, pause);
  }

  /**
   * A source whose models try their calls again. The loaded copy stays the one that all handles of
   * the process share.
   */
  public ModelSource of(ModelSource source) {
    return new RetryingSource(source, this);
  }

  /** What the first attempt answers that does not fail. */
  <T> T run(Supplier<T> action, Pause pause) {
    Duration longest = firstPause;
    RuntimeException earlier = null;
    for (int attempt = 1; ; attempt++) {
      try {
        return action.get();
      } catch (RuntimeException failure) {
        if (earlier != null && earlier != failure) {
          failure.addSuppressed(earlier);
        }
        if (attempt >= attempts || !failures.test(failure)) {
          throw failure;
        }
        await(longest, pause, failure);
        Duration doubled = longest.multipliedBy(2);
        longest = doubled.compareTo(longestPause) < 0 ? doubled : longestPause;
        earlier = failure;
      }
    }
  }

  private static void await(Duration longest, Pause pause, RuntimeException failure) {
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

  private record RetryingModel(Model model, Retries retries, Pause pause) implements Model {
    RetryingModel {
      requireNonNull(model, "model");
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
      return retries.run(() -> model.predict(input, allocator), pause);
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private record RetryingSource(ModelSource source, Retries retries) implements ModelSource {
    RetryingSource {
      requireNonNull(source, "source");
    }

    @Override
    public ModelVersion version() {
      return source.version();
    }

    @Override
    public Signature signature() {
      return source.signature();
    }

    @Override
    public ModelHandle open() {
      return source.open().calling(retries::of);
    }

    @Override
    public ModelHandle open(TaskContext task) {
      return source.open(task).calling(retries::of);
    }
  }
}
