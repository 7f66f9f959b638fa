package io.tidemill.model.store;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to change a version's manifest, or to point an alias at it, for one process at a time,
 * in stores that only promise to list a text once it is written.
 *
 * <p>A publisher writes a claim with a name of its own and lists all claims. Alone, it holds the
 * right: whoever comes later sees its claim. Otherwise the one with the lowest name waits for the
 * others to go, and they withdraw until no lower one is there. A claim is held for the writing of a
 * manifest, not for the copying of files; one that is ten minutes older than the newest is of a
 * process that died, and is deleted.
 *
 * <p>A claim is never renewed. Whoever has one stops long before others take it for dead: all that
 * is asked of the store from the first claim to the end of the operation, however often and however
 * busy the store is, has one deadline at half of a claim's life. The other half is for a request
 * that was on its way by then, and for the clocks of publishers, which must agree to within that
 * where the store has none.
 *
 * <p>Not thread-safe: one object per attempt.
 */
final class StoreClaim {
  private static final Logger LOG = LoggerFactory.getLogger(StoreClaim.class);

  /** After this time a claim is of a process that died. */
  static final Duration LIFE = Duration.ofMinutes(10);

  /** All that a publisher may take, from its first claim on. */
  private static final Duration HELD = LIFE.dividedBy(2);

  /** As long as a holder may wait for one answer. */
  private static final Duration WAIT = Duration.ofSeconds(60);

  private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

  private final StoreBackend backend;
  private final Deadline deadline;
  private final StoreBackend bounded;
  private final StoreKey all;
  private final StoreKey own;
  private final Duration wait;

  /** The newest claim seen, by the clock of the store. */
  private Instant newest = Instant.EPOCH;

  StoreClaim(StoreBackend backend, String model, SemanticVersion version) {
    this(backend, model, version, WAIT);
  }

  StoreClaim(StoreBackend backend, String model, SemanticVersion version, Duration wait) {
    this.backend = backend;
    this.deadline = Deadline.in(HELD);
    this.bounded = backend.until(deadline);
    this.all = StoreKey.claims(model, version);
    this.own = all.named(System.currentTimeMillis() + "_" + UUID.randomUUID());
    this.wait = wait;
  }

  /**
   * Runs an operation while nobody else holds the right. That the claim stays behind, as the store
   * has gone away meanwhile, is told and changes nothing: others delete it once it is old.
   *
   * @param operation given the deadline of all that it asks of the store
   * @throws StoreUnavailableException if others do not let go of it within a minute
   */
  <T> T hold(Function<Deadline, T> operation) {
    long deadlineNanos = System.nanoTime() + wait.toNanos();
    try {
      while (true) {
        // Not empty: Flink's own S3 file system takes an object without bytes for a folder.
        bounded.write(own, own.name());
        if (alone(deadlineNanos)) {
          return operation.apply(deadline);
        }
        bounded.delete(own);
        while (isBehind(others())) {
          pause(deadlineNanos);
        }
      }
    } finally {
      letGo();
    }
  }

  /** However late: nobody is harmed by a claim that goes. */
  private void letGo() {
    try {
      backend.delete(own);
    } catch (StoreUnavailableException e) {
      LOG.warn(
          "store '{}': the claim on {}:{} stays for {} minutes, and others wait for it ({})",
          backend.uri(),
          all.model(),
          all.version(),
          LIFE.toMinutes(),
          e.getMessage());
    }
  }

  /** Whether all others are gone; false if one of them goes first and this one withdraws. */
  private boolean alone(long deadlineNanos) {
    for (List<String> others = others(); !others.isEmpty(); others = others()) {
      if (isBehind(others)) {
        return false;
      }
      pause(deadlineNanos);
    }
    return true;
  }

  private boolean isBehind(List<String> others) {
    return others.stream().anyMatch(other -> other.compareTo(own.name()) < 0);
  }

  private List<String> others() {
    List<StoreBackend.Entry> claims = bounded.list(all);
    for (StoreBackend.Entry claim : claims) {
      newest = claim.written().isAfter(newest) ? claim.written() : newest;
    }
    List<String> others = new ArrayList<>();
    for (StoreBackend.Entry claim : claims) {
      if (claim.written().plus(LIFE).isBefore(newest)) {
        bounded.delete(all.named(claim.name()));
      } else if (!claim.name().equals(own.name())) {
        others.add(claim.name());
      }
    }
    return others;
  }

  private void pause(long deadlineNanos) {
    if (System.nanoTime() - deadlineNanos > 0 || Thread.currentThread().isInterrupted()) {
      throw new StoreUnavailableException(
          "store '%s': %s:%s: others are changing it, and this one waited in vain (expected: its turn within %d s); try again later"
              .formatted(backend.uri(), all.model(), all.version(), wait.toSeconds()));
    }
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE_NANOS / 4, PAUSE_NANOS));
  }
}
