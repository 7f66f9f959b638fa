package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelOutOfMemoryException;
import java.io.Serializable;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * How often a model call is tried, how long it pauses between two attempts, and after which
 * failures.
 *
 * <p>For models whose calls fail now and then for reasons of their own, such as one that asks a
 * service. A model that computes in this process fails the same way again: give it none. Only the
 * whole of all attempts and pauses counts for a step's call timeout, so keep it below that.
 *
 * <p>The pause doubles with every attempt up to {@code longestPause}; of that a random half to
 * whole is waited, so that subtasks that failed together do not come back together.
 *
 * <pre>{@code
 * ModelSource patient = Retries.attempts(3).of(source);
 * }</pre>
 *
 * <p>Immutable and thread-safe, as long as the predicate is.
 *
 * @param attempts how often a call is tried in all, at least 1
 * @param firstPause the most between the first attempt and the second
 * @param longestPause the most between any two attempts
 * @param failures the failures after which a call is tried again
 */
public record Retries(int attempts, Duration firstPause, Duration longestPause, Failures failures)
    implements Serializable {
  public static final Duration DEFAULT_FIRST_PAUSE = Duration.ofMillis(100);
  public static final Duration DEFAULT_LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Tells failures that may pass from those that stay; travels to the tasks. Thread-safe. */
  @FunctionalInterface
  public interface Failures extends Predicate<RuntimeException>, Serializable {}

  public Retries {
    requireNonNull(firstPause, "firstPause");
    requireNonNull(longestPause, "longestPause");
    requireNonNull(failures, "failures");
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts: " + attempts + " (expected: >= 1)");
    }
    if (firstPause.isNegative() || firstPause.compareTo(longestPause) > 0) {
      throw new IllegalArgumentException(
          "first pause: "
              + firstPause
              + " (expected: 0s to the longest pause, "
              + longestPause
              + ")");
    }
  }

  /**
   * This many attempts, 100 ms to 5 s apart, after any failure that calls itself retryable. Out of
   * memory is not among them: the same batch would not fit again, and a step halves it instead.
   *
   * @throws IllegalArgumentException unless at least 1
   */
  public static Retries attempts(int attempts) {
    return new Retries(attempts, DEFAULT_FIRST_PAUSE, DEFAULT_LONGEST_PAUSE, Retries::mayPass);
  }

  private static boolean mayPass(RuntimeException failure) {
    return failure instanceof ModelException known
        && known.retryable()
        && !(known instanceof ModelOutOfMemoryException);
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
    return new RetryingModel(model, this, RetryingModel.Pause.REAL);
  }

  /** A source whose models try their calls again. */
  public ModelSource of(ModelSource source) {
    return new RetryingModelSource(source, this);
  }
}
