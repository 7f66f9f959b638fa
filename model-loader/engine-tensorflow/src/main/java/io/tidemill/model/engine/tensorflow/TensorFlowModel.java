package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.KeptFrames;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * A SavedModel in a session of its own, called without a copy in either direction.
 *
 * <p>Input tensors alias the columns: TensorFlow reads them where the encoder wrote them. It never
 * writes to them, because it does not own their memory, and it is done with them when a call
 * returns. The one exception would be a model that keeps its input in a variable; such a model does
 * not score records independently and is not one for this engine. Output columns are the memory
 * that TensorFlow allocated; closing a column deletes its tensor.
 *
 * <p>The parts of a call that do not change are kept in frames, for calls with the same columns.
 * Frames are not bound to threads, so a thread that ends leaves nothing behind.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class TensorFlowModel implements Model {
  private final ModelVersion version;
  private final Signature signature;
  private final Binding binding;
  private final OutputTensor[] outputs;
  private final TF_Session session;
  private final AutoCloseable owner;
  private final KeptFrames<CallFrame> frames = new KeptFrames<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Takes over a loaded SavedModel.
   *
   * @param session the SavedModel's session, which belongs to {@code owner}
   * @param owner closed with this model
   */
  TensorFlowModel(
      ModelVersion version,
      Signature signature,
      Binding binding,
      TF_Session session,
      AutoCloseable owner) {
    this.version = version;
    this.signature = signature;
    this.binding = binding;
    this.session = session;
    this.owner = owner;
    outputs =
        signature.outputs().stream()
            .map(spec -> new OutputTensor(version, spec))
            .toArray(OutputTensor[]::new);
  }

  @Override
  public ModelVersion version() {
    return version;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    check(input);
    long place = input.column(0) instanceof FixedWidthColumn values ? values.address() : 0;
    CallFrame frame = frames.take(place);
    if (frame == null) {
      frame = new CallFrame(binding);
    }
    try {
      return call(frame, input, allocator);
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, input.rows(), e.getMessage()),
          e);
    } finally {
      frame.release();
      frames.keep(place, frame);
    }
  }

  private void check(ColumnBatch input) {
    if (closed.get()) {
      throw new IllegalStateException(version + ": closed (expected: loaded)");
    }
    if (input.rows() < 1) {
      throw new IllegalArgumentException(
          "%s: call with %d rows (expected: >= 1)".formatted(version, input.rows()));
    }
    if (input.columns() != signature.inputs().size()) {
      throw new IllegalArgumentException(
          "%s: call with %d columns (expected: %d, one per input)"
              .formatted(version, input.columns(), signature.inputs().size()));
    }
  }

  private ColumnBatch call(CallFrame frame, ColumnBatch input, BufferAllocator allocator) {
    if (!frame.feed(input)) {
      throw new ModelOutOfMemoryException(
          "%s: TensorFlow could not make the input tensors of %d rows"
              .formatted(version, input.rows()));
    }
    int code = frame.run(session);
    if (code == tensorflow.TF_RESOURCE_EXHAUSTED) {
      throw new ModelOutOfMemoryException(
          "%s: TensorFlow ran out of memory in a call with %d rows: %s"
              .formatted(version, input.rows(), frame.message()));
    }
    if (code != tensorflow.TF_OK) {
      throw new ModelCallException(
          "%s: TensorFlow failed a call with %d rows: %s"
              .formatted(version, input.rows(), frame.message()));
    }
    List<Column> columns = new ArrayList<>(outputs.length);
    try {
      for (int i = 0; i < outputs.length; i++) {
        columns.add(outputs[i].take(frame.takeOutput(i), input, allocator));
      }
      return batch(columns, input.rows());
    } catch (RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  private ColumnBatch batch(List<Column> columns, int rowsIn) {
    int rows = columns.get(0).capacity();
    for (Column column : columns) {
      if (column.capacity() != rows) {
        throw new ModelCallException(
            "%s: call with %d rows: output '%s' came back with %d rows but '%s' with %d"
                .formatted(
                    version,
                    rowsIn,
                    columns.get(0).spec().name(),
                    rows,
                    column.spec().name(),
                    column.capacity()));
      }
    }
    return ColumnBatch.of(rows, columns);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      frames.close();
      try {
        owner.close();
      } catch (Exception e) {
        throw new IllegalStateException(version + ": cannot be unloaded", e);
      }
    }
  }
}
