package io.tidemill.model.store.oci;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The right to change a version's tag, or to point an alias at it, for one process at a time: a
 * registry replaces a tag without asking.
 *
 * <p>A publisher writes a tag of its own and lists all tags. Alone, it holds the right: whoever
 * comes later sees its tag. Otherwise the one with the lowest tag waits for the others to go, and
 * they withdraw until no lower one is there. So of two publishers one waits, as long as the
 * registry lists a tag once it is written. A tag says when it was written; one that is older than
 * ten minutes is of a process that died, so the clocks of publishers must agree to within that, and
 * nobody may take as long for a manifest.
 *
 * <p>Not thread-safe: one object per attempt.
 */
final class TagClaim {
  /** Far more than a holder needs for its few requests, each of which ends within a minute. */
  private static final long DEAD_MILLIS = Duration.ofMinutes(10).toMillis();

  /** As long as a holder may wait for one answer. */
  private static final long WAIT_NANOS = Duration.ofSeconds(60).toNanos();

  /** About as long as a holder needs where the registry is near. */
  private static final long PAUSE_NANOS = Duration.ofMillis(40).toNanos();

  private final OciTags tags;
  private final String name;
  private final String prefix;
  private final String claim;

  TagClaim(OciTags tags, String name, SemanticVersion version) {
    this.tags = tags;
    this.name = name;
    this.prefix = "_claim-" + version + "_";
    this.claim = prefix + System.currentTimeMillis() + "_" + UUID.randomUUID();
  }

  <T> T hold(Supplier<T> operation) {
    long deadlineNanos = System.nanoTime() + WAIT_NANOS;
    try {
      while (true) {
        while (isBehind(others())) {
          pause(deadlineNanos);
        }
        tags.put(name, claim, OciManifest.CLAIM, claim);
        if (alone(deadlineNanos)) {
          return operation.get();
        }
        tags.clear(name, claim);
      }
    } finally {
      tags.clear(name, claim);
    }
  }

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
    return others.stream().anyMatch(other -> other.compareTo(claim) < 0);
  }

  private List<String> others() {
    return tags.list(name).stream()
        .filter(tag -> tag.startsWith(prefix) && !tag.equals(claim) && alive(tag))
        .filter(tag -> tags.isOf(name, tag, OciManifest.CLAIM))
        .toList();
  }

  private boolean alive(String tag) {
    String rest = tag.substring(prefix.length());
    long written = Long.parseLong(rest.substring(0, rest.indexOf('_')));
    return System.currentTimeMillis() - written < DEAD_MILLIS;
  }

  private void pause(long deadlineNanos) {
    if (System.nanoTime() - deadlineNanos > 0 || Thread.currentThread().isInterrupted()) {
      throw new StoreUnavailableException(
          "model '%s': another publisher has claimed the version of %s; try again later"
              .formatted(name, prefix));
    }
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE_NANOS / 4, PAUSE_NANOS));
  }
}
