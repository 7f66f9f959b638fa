package io.tidemill.inference.batch;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.Consumer;

/**
 * The batches handed to the model whose results are not emitted, in the order in which they closed,
 * and the rules by which they may leave.
 *
 * <p>Ordered: records and marks leave as they came. Unordered: a batch leaves when it is complete,
 * but no record and no mark passes a mark, in either direction. A batch with a mark inside may
 * leave in part.
 *
 * <p>Not thread-safe.
 *
 * @param <T> the record
 * @param <R> what became of a record
 */
public final class InFlight<T, R> {
  private final ArrayDeque<Batch<T, R>> batches = new ArrayDeque<>();
  private final int slots;
  private final Order order;

  public InFlight(int slots, Order order) {
    this.slots = slots;
    this.order = order;
  }

  /** Whether results leave as their records came, or as they complete between two marks. */
  public enum Order {
    ORDERED,
    UNORDERED
  }

  /** Where records and marks leave to. */
  public interface Emitter<T, R> {
    /** Emits rows {@code from} (inclusive) to {@code to} (exclusive) of a completed batch. */
    void emit(Batch<T, R> batch, int from, int to);

    void emit(Mark mark);

    /** The batch has left; nothing refers to it any more. */
    void left(Batch<T, R> batch);
  }

  public int size() {
    return batches.size();
  }

  public boolean isEmpty() {
    return batches.isEmpty();
  }

  /** Whether one more batch may be handed to the model. */
  public boolean hasFreeSlot() {
    return batches.size() < slots;
  }

  /**
   * Takes a slot for a closed batch.
   *
   * @throws IllegalStateException if every slot is taken
   */
  public void add(Batch<T, R> batch) {
    if (!hasFreeSlot()) {
      throw new IllegalStateException(
          "batches in flight: " + batches.size() + " (expected: < " + slots + ")");
    }
    batches.add(batch);
  }

  /**
   * Puts a mark behind everything in flight.
   *
   * @throws IllegalStateException if nothing is in flight to wait for
   */
  public void mark(Mark mark) {
    if (batches.isEmpty()) {
      throw new IllegalStateException("batches in flight: none (expected: one to wait for)");
    }
    batches.getLast().mark(mark);
  }

  /** Says that every record of a batch has its outcome. */
  public void complete(Batch<T, R> batch) {
    batch.completed = true;
  }

  /** Emits all that may leave now. */
  public void drain(Emitter<T, R> emitter) {
    boolean first = true;
    Iterator<Batch<T, R>> iterator = batches.iterator();
    while (iterator.hasNext()) {
      Batch<T, R> batch = iterator.next();
      if (batch.completed) {
        if (!emit(batch, first, emitter)) {
          return;
        }
        iterator.remove();
        emitter.left(batch);
      } else if (order == Order.ORDERED || batch.hasMarksLeft()) {
        return;
      } else {
        first = false;
      }
    }
  }

  /** Emits a completed batch as far as its marks allow; answers whether all of it has left. */
  private boolean emit(Batch<T, R> batch, boolean first, Emitter<T, R> emitter) {
    while (true) {
      int stop = batch.nextStop();
      int from = batch.emittedRows;
      batch.emittedRows = stop;
      if (from < stop) {
        emitter.emit(batch, from, stop);
      }
      if (!batch.hasMarksLeft()) {
        return true;
      }
      if (!first) {
        return false;
      }
      Mark mark = batch.nextMark();
      batch.emittedMarks++;
      emitter.emit(mark);
    }
  }

  /** Visits the batches that have not wholly left, oldest first. */
  public void forEach(Consumer<Batch<T, R>> visitor) {
    batches.forEach(visitor);
  }
}
