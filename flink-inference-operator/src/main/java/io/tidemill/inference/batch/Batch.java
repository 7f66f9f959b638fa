package io.tidemill.inference.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records that travel in one model call, what became of each, and the marks between them.
 *
 * <p>A batch is filled, emitted, cleared and filled again, each time with new arrays for its
 * records and outcomes: G1 guards every store into an array that has grown old with a memory fence,
 * which costs more than a new array for each batch.
 *
 * <p>It is not thread-safe: it belongs to the thread that fills it, then, closed, to the one that
 * scores it (which reads records and writes outcomes), then to the first again; each hand-over must
 * be a safe publication.
 *
 * @param <T> the record
 * @param <R> what became of a record
 */
public final class Batch<T, R> {
  /** The timestamp of a record that has none. */
  public static final long NO_TIMESTAMP = Long.MIN_VALUE;

  private static final int SMALLEST_CAPACITY = 16;
  private static final Object[] NOTHING = {};

  private final List<Mark> marks = new ArrayList<>();
  private final int maxSize;
  private @Nullable Object[] records = NOTHING;
  private @Nullable Object[] outcomes = NOTHING;
  private long[] timestamps = {};
  // Of the next arrays: as large as the last batch, which the next one is likely to be.
  private int capacity = SMALLEST_CAPACITY;
  private int[] markRows = new int[4];
  private int size;
  private long bytes;
  private long number;
  private long openedNanos;
  private long closedNanos;
  private @Nullable CloseCause closeCause;
  // Where the records came together, and what became of all of them at once.
  private @Nullable List<T> together;
  private @Nullable List<? extends R> outcomesOfAll;
  private long timestampOfAll;

  // Owned by InFlight.
  int emittedRows;
  int emittedMarks;
  boolean completed;

  Batch(int maxSize) {
    this.maxSize = maxSize;
  }

  /** Records in this batch. */
  public int size() {
    return size;
  }

  /** Bytes of all records, as their encoder counts them. */
  public long bytes() {
    return bytes;
  }

  /** Counts the batches of one batcher, from 1. */
  public long number() {
    return number;
  }

  /** When the first record came. */
  public long openedNanos() {
    return openedNanos;
  }

  /** When the batch closed. */
  public long closedNanos() {
    return closedNanos;
  }

  /** From the first record to the close, in nanoseconds. */
  public long waitedNanos() {
    return closedNanos - openedNanos;
  }

  /** Why the batch closed; null while it is open. */
  public @Nullable CloseCause closeCause() {
    return closeCause;
  }

  @SuppressWarnings("unchecked") // Only add(T, …) writes the array.
  public T record(int row) {
    List<T> all = together;
    return all != null ? all.get(row) : (T) checked(records, row);
  }

  /** The records, where they came together; else null. */
  public @Nullable List<T> together() {
    return together;
  }

  /** The record's timestamp in milliseconds, or {@link #NO_TIMESTAMP}. */
  public long timestamp(int row) {
    return together != null ? timestampOfAll : timestamps[row];
  }

  @SuppressWarnings("unchecked") // Only outcome(int, R) writes the array.
  public R outcome(int row) {
    return (R) checked(outcomes, row);
  }

  /** Whether it is known what became of a record. */
  public boolean hasOutcome(int row) {
    return row < outcomes.length && outcomes[row] != null;
  }

  /** The first record that has not been emitted. */
  public int firstLeft() {
    return emittedRows;
  }

  /** Says what became of a record. */
  public void outcome(int row, R outcome) {
    if (outcomes.length == 0) {
      outcomes = new Object[size];
    }
    outcomes[row] = outcome;
  }

  /** What became of records that came together, if that was said of all at once; else null. */
  public @Nullable List<? extends R> outcomesOfAll() {
    return outcomesOfAll;
  }

  /** Says what became of each record; none has an outcome of its own then. */
  public void outcomesOfAll(List<? extends R> outcomes) {
    outcomesOfAll = outcomes;
  }

  private static Object checked(@Nullable Object[] values, int row) {
    Object value = row < values.length ? values[row] : null;
    if (value == null) {
      throw new IllegalStateException("row of batch: " + row + " (expected: one that was set)");
    }
    return value;
  }

  void open(long batchNumber, long nowNanos) {
    number = batchNumber;
    openedNanos = nowNanos;
    int length = Math.min(maxSize, capacity);
    records = new Object[length];
    outcomes = new Object[length];
    if (timestamps.length < length) {
      timestamps = new long[length];
    }
  }

  /** Opens with records that came together, and takes no other. */
  void open(long batchNumber, List<T> all, long timestamp, long nowNanos) {
    number = batchNumber;
    openedNanos = nowNanos;
    together = all;
    timestampOfAll = timestamp;
    size = all.size();
  }

  void add(T record, long timestamp, long recordBytes) {
    if (size == records.length) {
      int length = Math.max(size + 1, Math.min(maxSize, 2 * size));
      records = Arrays.copyOf(records, length);
      outcomes = Arrays.copyOf(outcomes, length);
      timestamps = Arrays.copyOf(timestamps, Math.max(length, timestamps.length));
    }
    records[size] = record;
    timestamps[size] = timestamp;
    size++;
    bytes += recordBytes;
  }

  /** Puts a mark behind the last record. */
  void mark(Mark mark) {
    int last = marks.size() - 1;
    if (last >= emittedMarks && markRows[last] == size && mark.supersedes(marks.get(last))) {
      marks.set(last, mark);
      return;
    }
    if (marks.size() == markRows.length) {
      markRows = Arrays.copyOf(markRows, 2 * markRows.length);
    }
    markRows[marks.size()] = size;
    marks.add(mark);
  }

  boolean hasMarksLeft() {
    return emittedMarks < marks.size();
  }

  Mark nextMark() {
    return marks.get(emittedMarks);
  }

  /** The row before which the next mark stands, or the size if none is left. */
  int nextStop() {
    return hasMarksLeft() ? markRows[emittedMarks] : size;
  }

  void close(CloseCause cause, long nowNanos) {
    closeCause = cause;
    closedNanos = nowNanos;
  }

  /** Lets go of every record, so that a pooled batch keeps none alive. */
  void clear() {
    if (together == null) {
      capacity = Math.max(SMALLEST_CAPACITY, size);
    }
    together = null;
    outcomesOfAll = null;
    records = NOTHING;
    outcomes = NOTHING;
    marks.clear();
    size = 0;
    bytes = 0;
    closeCause = null;
    emittedRows = 0;
    emittedMarks = 0;
    completed = false;
  }
}
