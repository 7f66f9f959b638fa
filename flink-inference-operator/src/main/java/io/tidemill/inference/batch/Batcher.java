package io.tidemill.inference.batch;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open batch and the rules by which it closes.
 *
 * <p>The caller asks {@link #due} with the time and whether the model has a free slot. With none
 * free an overdue batch stays open and keeps growing up to its limits: closing it early would buy
 * nothing. Only when it {@linkplain #fits does not fit} the next record must the caller wait for a
 * slot.
 *
 * <p>Times are nanoseconds of one clock with any origin, compared by difference, so that neither a
 * jump of the wall clock nor an overflow matters. Not thread-safe.
 *
 * @param <T> the record
 * @param <R> what became of a record
 */
public final class Batcher<T, R> {
  private final BatchPolicy policy;
  private final long maxDelayNanos;
  private final ArrayDeque<Batch<T, R>> pool = new ArrayDeque<>();
  private Batch<T, R> open;
  private int sizeLimit;
  private long lastNumber;

  public Batcher(BatchPolicy policy) {
    this.policy = policy;
    this.maxDelayNanos = policy.maxDelay().toNanos();
    this.sizeLimit = policy.maxSize();
    this.open = new Batch<>(policy.maxSize());
  }

  /** The batch that records enter now; it may be empty. */
  public Batch<T, R> open() {
    return open;
  }

  public boolean isEmpty() {
    return open.size() == 0;
  }

  /** The most records of a batch now: {@code max-size}, or less where memory taught so. */
  public int sizeLimit() {
    return sizeLimit;
  }

  /**
   * Lowers or raises the most records of a batch, from the next record on.
   *
   * @param limit at least 1 and at most {@code max-size}
   */
  public void sizeLimit(int limit) {
    if (limit < 1 || limit > policy.maxSize()) {
      throw new IllegalArgumentException(
          "size limit: " + limit + " (expected: 1 to " + policy.maxSize() + ")");
    }
    sizeLimit = limit;
  }

  /** Whether a record of this many bytes may ever enter a batch. */
  public boolean admits(long bytes) {
    return bytes <= policy.maxBytes();
  }

  /** Whether a record of this many bytes may enter the open batch now. */
  public boolean fits(long bytes) {
    return open.size() < sizeLimit && bytes <= policy.maxBytes() - open.bytes();
  }

  /**
   * Adds a record to the open batch. Its first record starts the delay.
   *
   * @param nowNanos read only for the first record of a batch
   * @throws IllegalStateException if the record does not {@linkplain #fits fit}
   */
  public void add(T record, long timestamp, long bytes, long nowNanos) {
    if (!fits(bytes)) {
      throw new IllegalStateException(
          "record of %d bytes in a batch of %d records, %d bytes (expected: one that fits max-size %d, max-bytes %d)"
              .formatted(bytes, open.size(), open.bytes(), sizeLimit, policy.maxBytes()));
    }
    if (open.size() == 0) {
      lastNumber++;
      open.open(lastNumber, nowNanos);
    }
    open.add(record, timestamp, bytes);
  }

  /**
   * Puts a mark behind the open batch's last record.
   *
   * @throws IllegalStateException if it is empty, so that there is nothing to wait for
   */
  public void mark(Mark mark) {
    if (open.size() == 0) {
      throw new IllegalStateException("open batch: empty (expected: one with records to wait for)");
    }
    open.mark(mark);
  }

  /** Whether the open batch can take no further record. */
  public boolean isFull() {
    return open.size() >= sizeLimit || open.bytes() >= policy.maxBytes();
  }

  /** Why the open batch should close now, given a free slot; null if it should stay open. */
  public @Nullable CloseCause due(long nowNanos) {
    if (open.size() == 0) {
      return null;
    }
    CloseCause full = fullCause();
    if (full != null) {
      return full;
    }
    return nanosUntilDeadline(nowNanos) == 0 ? CloseCause.DEADLINE : null;
  }

  /** Why the open batch is full; null if it is not. */
  public @Nullable CloseCause fullCause() {
    if (open.size() >= sizeLimit) {
      return CloseCause.SIZE;
    }
    return open.bytes() >= policy.maxBytes() ? CloseCause.BYTES : null;
  }

  /**
   * How long the open batch may still wait, 0 when its deadline has come.
   *
   * @throws IllegalStateException if it is empty and so has no deadline
   */
  public long nanosUntilDeadline(long nowNanos) {
    if (open.size() == 0) {
      throw new IllegalStateException("open batch: empty (expected: one with a deadline)");
    }
    return Math.max(0, maxDelayNanos - (nowNanos - open.openedNanos()));
  }

  /**
   * Closes the open batch and opens the next.
   *
   * @throws IllegalStateException if it is empty
   */
  public Batch<T, R> close(CloseCause cause, long nowNanos) {
    if (open.size() == 0) {
      throw new IllegalStateException("open batch: empty (expected: one with records to close)");
    }
    Batch<T, R> closed = open;
    closed.close(cause, nowNanos);
    Batch<T, R> pooled = pool.poll();
    open = pooled != null ? pooled : new Batch<>(policy.maxSize());
    return closed;
  }

  /**
   * A closed batch of records that came together and wait for no others.
   *
   * @param records never changed, quick at any index, and free to make a record when it is asked
   *     for
   * @param timestamp of all of them
   * @throws IllegalStateException if the open batch has records, which these would overtake
   * @throws IllegalArgumentException if there are none, or more than a batch may have now
   */
  public Batch<T, R> together(List<T> records, long timestamp, long nowNanos) {
    if (open.size() != 0) {
      throw new IllegalStateException(
          "open batch: %d records (expected: none before records that come together)"
              .formatted(open.size()));
    }
    if (records.isEmpty() || records.size() > sizeLimit) {
      throw new IllegalArgumentException(
          "records together: %d (expected: 1 to %d)".formatted(records.size(), sizeLimit));
    }
    lastNumber++;
    open.open(lastNumber, records, timestamp, nowNanos);
    return close(CloseCause.TOGETHER, nowNanos);
  }

  /** Takes back a batch that was emitted, to be filled again; the caller forgets it. */
  public void recycle(Batch<T, R> batch) {
    batch.clear();
    pool.push(batch);
  }
}
