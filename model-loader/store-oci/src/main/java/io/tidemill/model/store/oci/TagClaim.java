package io.tidemill.model.store.oci;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
  private static final Duration WAIT = Duration.ofSeconds(60);

  /** About as long as a holder needs where the registry is near. */
  private static final long PAUSE_NANOS = Duration.ofMillis(40).toNanos();

  /** Of tags that others wrote and that are no claims, nobody waits. */
  private static final Pattern WRITTEN = Pattern.compile("(\\d{1,18})_.+");

  private final OciTags tags;
  private final String name;
  private final SemanticVersion version;
  private final String prefix;
  private final String claim;
  private final Duration wait;

  TagClaim(OciTags tags, String name, SemanticVersion version) {
    this(tags, name, version, WAIT);
  }

  TagClaim(OciTags tags, String name, SemanticVersion version, Duration wait) {
    this.tags = tags;
    this.name = name;
    this.version = version;
    this.prefix = "_claim-" + version + "_";
    this.claim = prefix + System.currentTimeMillis() + "_" + UUID.randomUUID();
    this.wait = wait;
  }

  <T> T hold(Supplier<T> operation) {
    long deadlineNanos = System.nanoTime() + wait.toNanos();
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
    Matcher written = WRITTEN.matcher(tag.substring(prefix.length()));
    return written.matches()
        && System.currentTimeMillis() - Long.parseLong(written.group(1)) < DEAD_MILLIS;
  }

  private void pause(long deadlineNanos) {
    if (System.nanoTime() - deadlineNanos > 0 || Thread.currentThread().isInterrupted()) {
      throw new StoreUnavailableException(
          "store '%s': %s:%s: others are changing it, and this one waited in vain (expected: its turn within %d s); try again later"
              .formatted(tags.address().uri(), name, version, wait.toSeconds()));
    }
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE_NANOS / 4, PAUSE_NANOS));
  }
}
