package io.tidemill.inference.operator;

import io.tidemill.model.FakeModel;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;

/** Model calls that the test ends, in any order. */
final class HeldCalls implements FakeModel.Behaviour {
  private static final long PATIENCE_SECONDS = 60;

  private final LinkedBlockingQueue<Call> arrived = new LinkedBlockingQueue<>();

  /** A call that waits for its end. */
  static final class Call {
    private final int rows;
    private final double first;
    private final CompletableFuture<FakeModel.Behaviour> end = new CompletableFuture<>();

    private Call(int rows, double first) {
      this.rows = rows;
      this.first = first;
    }

    int rows() {
      return rows;
    }

    /** The sum of the first row: with records of one feature, the first record. */
    double first() {
      return first;
    }

    void answer() {
      end.complete(FakeModel::answer);
    }

    void end(FakeModel.Behaviour behaviour) {
      end.complete(behaviour);
    }
  }

  /** The next call that reached the model; waits for it. */
  Call next() throws InterruptedException {
    Call call = arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (call == null) {
      throw new AssertionError("no model call within " + PATIENCE_SECONDS + " s");
    }
    return call;
  }

  @Override
  public ColumnBatch predict(FakeModel model, ColumnBatch input, BufferAllocator allocator) {
    Call call = new Call(input.rows(), FakeModel.sum(input, 0));
    arrived.add(call);
    try {
      return call.end.get().predict(model, input, allocator);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in a call", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
