package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.golden.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.apache.arrow.memory.OutOfMemoryException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sizes of batches that a loaded model has scored, so that each is tried once however many
 * tasks share the model. Engines prepare themselves for a size when they first see it.
 *
 * <p>A batch may close at any size up to its largest. The sizes that are tried are the largest and
 * the powers of two below it, from the largest down, for at most {@link #PATIENCE} in all: a slow
 * model starts in bounded time, and is ready for full batches first. The very first call matters
 * beyond itself: with TensorFlow's oneDNN, a small network whose first call has one row stays
 * slower for full batches ever after.
 *
 * <p>A made-up sample proves nothing when a model fails on it: the model may decode images, or look
 * up what is never 0. Such a model is given out as it is, with a warning. One that scores a single
 * row and fails for more is broken all the same.
 *
 * <p>Thread-safe; whoever asks while another thread tries sizes waits for it.
 */
final class WarmUp {
  /** How long one copy is warmed up; the call that passes it is the last. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Beyond, a first call costs little beside its work. */
  static final int LARGEST_SIZE = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final long MEMORY_LIMIT_BYTES = 256L << 20;

  private final Model model;
  private final Sample sample;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Integer> tried = new HashSet<>(Set.of(1));
  private long leftNanos = PATIENCE.toNanos();
  private volatile boolean unproven;

  /** A model that has scored nothing yet; its single row is for whoever proves it. */
  WarmUp(Model model, Sample sample, LongSupplier nanoClock) {
    this.model = requireNonNull(model, "model");
    this.sample = requireNonNull(sample, "sample");
    this.nanoClock = requireNonNull(nanoClock, "nanoClock");
  }

  /**
   * Tries the sizes up to this one that were not tried yet. A size that memory does not allow is
   * left out: a step finds out what fits.
   *
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  void upTo(int maxSize) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      for (int size : sizes(Math.min(maxSize, LARGEST_SIZE))) {
        if (!unproven && leftNanos > 0 && tried.add(size)) {
          long started = nanoClock.getAsLong();
          tryOut(size);
          leftNanos -= nanoClock.getAsLong() - started;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void tryOut(int size) {
    try {
      sample.score(model, size, MEMORY_LIMIT_BYTES);
    } catch (ModelOutOfMemoryException | OutOfMemoryException e) {
      LOG.warn("{}: not warmed up with {} rows: {}", model.version(), size, e.toString());
    } catch (ModelCallException e) {
      scoreOne();
      if (!unproven) {
        throw e;
      }
    }
  }

  /**
   * Lets the model score one row, unless it is known already that nothing can be proved with it.
   *
   * @throws io.tidemill.model.ModelException whatever the model throws, but for a call that fails
   *     on made-up rows
   */
  void one() {
    lock.lock();
    try {
      if (!unproven) {
        scoreOne();
      }
    } finally {
      lock.unlock();
    }
  }

  private void scoreOne() {
    try {
      sample.score(model, 1, MEMORY_LIMIT_BYTES);
    } catch (ModelCallException e) {
      if (!sample.made()) {
        throw e;
      }
      unproven = true;
      LOG.warn(
          "{}: cannot score zeros, so it is neither warmed up nor proved healthy later: {} (expected: a {} among the version's files)",
          model.version(),
          e.getMessage(),
          Golden.FILE_NAME);
    }
  }

  /** What the model scored; null if it could not. */
  @Nullable Sample proof() {
    return unproven ? null : sample;
  }

  private static List<Integer> sizes(int maxSize) {
    List<Integer> sizes = new ArrayList<>(List.of(maxSize));
    for (int size = Integer.highestOneBit(maxSize); size > 1; size /= 2) {
      sizes.add(size);
    }
    return sizes;
  }
}
