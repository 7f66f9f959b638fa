package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock that a test moves. Its origin is far from the wall clock's, so that mixing them up shows.
 */
final class FakeClock implements NanoClock {
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final Map<Integer, AtomicLong> TIMES = new ConcurrentHashMap<>();
  private static final Map<Integer, Thread> ALONE = new ConcurrentHashMap<>();

  // Serialized copies tell the same time.
  private final int id = NEXT.getAndIncrement();

  FakeClock() {
    TIMES.put(id, new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(1).toNanos()));
  }

  void advance(Duration time) {
    time().addAndGet(time.toNanos());
  }

  /** From now on it tells only this thread the time, and throws an error at every other. */
  void breakForOthers() {
    ALONE.put(id, Thread.currentThread());
  }

  @Override
  public long nanos() {
    Thread asking = Thread.currentThread();
    if (ALONE.getOrDefault(id, asking) != asking) {
      throw new AssertionError("a broken clock");
    }
    return time().get();
  }

  private AtomicLong time() {
    return requireNonNull(TIMES.get(id));
  }
}
