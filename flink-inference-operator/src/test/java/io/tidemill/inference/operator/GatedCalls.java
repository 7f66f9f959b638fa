package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A model whose batches wait until a test lets them go; the calls that halving adds do not wait. It
 * fails on {@code culprits}, has no memory for {@code hogs}, nor for more rows than {@link #fits}.
 *
 * <p>Thread-safe.
 */
final class GatedCalls implements FakeModel.Behaviour {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Set<Long> culprits;
  private final Set<Long> hogs;
  private final List<Held> held = new ArrayList<>();
  // By the records in them.
  private final Map<Long, Batch> batches = new HashMap<>();
  private final Set<Thread> proved = ConcurrentHashMap.newKeySet();
  private final List<Long> batchBytes = new ArrayList<>();
  private final List<Integer> batchRows = new ArrayList<>();
  private int fits = Integer.MAX_VALUE;
  private int begun;
  private int finished;
  private boolean open;
  private boolean shut;

  /** A batch, from its first call on, whichever threads make its calls. */
  private static final class Batch {
    private int rowsLeft;
  }

  /** The first call of a batch. */
  static final class Held {
    private final long first;
    private boolean released;

    private Held(long first) {
      this.first = first;
    }

    /** The batch's first record. */
    long first() {
      return first;
    }
  }

  GatedCalls(Set<Long> culprits, Set<Long> hogs) {
    this.culprits = culprits;
    this.hogs = hogs;
  }

  @Override
  public ColumnBatch predict(FakeModel model, ColumnBatch input, BufferAllocator allocator) {
    if (FakeModel.sum(input, 0) == 0) {
      proved.add(Thread.currentThread()); // The warm-up sample, before a record is blamed.
      return model.answer(input, allocator);
    }
    boolean last = proved.remove(Thread.currentThread());
    RuntimeException failure = enter(input);
    if (failure != null) {
      if (last) {
        settle(input);
      }
      throw failure;
    }
    ColumnBatch answer = model.answer(input, allocator);
    settle(input);
    return answer;
  }

  private synchronized @Nullable RuntimeException enter(ColumnBatch input) {
    if (!batches.containsKey(record(input, 0))) {
      Batch batch = new Batch();
      batch.rowsLeft = input.rows();
      batchRows.add(input.rows());
      long bytes = 0;
      for (int row = 0; row < input.rows(); row++) {
        batches.put(record(input, row), batch);
        bytes += record(input, row);
      }
      batchBytes.add(bytes);
      awaitRelease(new Held(record(input, 0)));
      begun++;
    }
    if (shut) {
      throw new AssertionError("this life is over");
    }
    if (input.rows() > fits) {
      return new ModelOutOfMemoryException("no room for " + input.rows() + " rows");
    }
    for (int row = 0; row < input.rows(); row++) {
      long record = record(input, row);
      if (hogs.contains(record)) {
        return new ModelOutOfMemoryException("no room for record " + record);
      } else if (culprits.contains(record)) {
        return new ModelCallException("bad record " + record);
      }
    }
    return null;
  }

  private static long record(ColumnBatch input, int row) {
    return (long) FakeModel.sum(input, row);
  }

  private void awaitRelease(Held call) {
    held.add(call);
    notifyAll();
    while (!call.released && !open && !shut) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted in a call", e);
      }
    }
    held.remove(call);
  }

  private synchronized void settle(ColumnBatch input) {
    Batch batch = requireNonNull(batches.get(record(input, 0)));
    batch.rowsLeft -= input.rows();
    if (batch.rowsLeft == 0) {
      finished++;
      notifyAll();
    }
  }

  /** Waits until no batch but the held ones is at the model, and this many are held. */
  synchronized List<Held> await(IntSupplier heldCount) throws InterruptedException {
    await(
        () -> begun == finished && held.size() == heldCount.getAsInt(),
        () -> "batches held: " + held.size() + " (expected: " + heldCount.getAsInt() + ")");
    return List.copyOf(held);
  }

  /** Waits until every record of so many batches has its outcome. */
  void awaitFinished(long count) throws InterruptedException {
    await(
        () -> finished >= count,
        () -> "batches finished: " + finished + " (expected: " + count + ")");
  }

  private synchronized void await(BooleanSupplier done, Supplier<String> problem)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!done.getAsBoolean()) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (millis <= 0) {
        throw new AssertionError(problem.get());
      }
      wait(millis);
    }
  }

  /** Lets one batch go and waits until every record of it has its outcome. */
  synchronized void finish(Held call) throws InterruptedException {
    int before = finished;
    call.released = true;
    notifyAll();
    while (finished == before) {
      wait();
    }
  }

  /** Batches of which every record has its outcome. */
  synchronized int finished() {
    return finished;
  }

  /** From now on a call with more rows runs out of memory. */
  synchronized void fits(int rows) {
    fits = rows;
  }

  /** Whether batches pass without waiting. */
  synchronized void open(boolean nowOpen) {
    open = nowOpen;
    notifyAll();
  }

  /** Ends every call, so that workers can end. */
  synchronized void shut() {
    shut = true;
    notifyAll();
  }

  synchronized int mostRows() {
    return batchRows.stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  synchronized long mostBytes() {
    return batchBytes.stream().mapToLong(Long::longValue).max().orElse(0);
  }
}
