package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.EngineSession;
import io.tidemill.model.engine.EngineWords;
import io.tidemill.model.engine.KeptFrames;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
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
final class TensorFlowSession implements EngineSession {
  private static final EngineWords WORDS = new EngineWords("TensorFlow");

  private final ModelVersion version;
  private final Signature signature;
  private final Binding binding;
  private final OutputTensor[] outputs;
  private final ConstantTensors constants;
  private final TF_Session session;
  private final AutoCloseable owner;
  private final KeptFrames<CallFrame> frames = new KeptFrames<>();

  /**
   * Takes over a loaded SavedModel.
   *
   * @param session the SavedModel's session, which belongs to {@code owner}
   * @param owner closed with this one
   */
  TensorFlowSession(
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
    constants = new ConstantTensors(version, signature.constants());
  }

  @Override
  public List<Column> call(ColumnBatch input, BufferAllocator allocator) {
    long place = input.column(0) instanceof FixedWidthColumn values ? values.address() : 0;
    CallFrame frame = frames.take(place);
    if (frame == null) {
      frame = new CallFrame(binding, signature.inputs(), constants);
    }
    try {
      return call(frame, input, allocator);
    } finally {
      frame.release();
      frames.keep(place, frame);
    }
  }

  private List<Column> call(CallFrame frame, ColumnBatch input, BufferAllocator allocator) {
    if (!frame.feed(input)) {
      throw WORDS.outOfMemory(version, input.rows(), "no input tensors", null);
    }
    int code = frame.run(session);
    if (code == tensorflow.TF_RESOURCE_EXHAUSTED) {
      throw WORDS.outOfMemory(version, input.rows(), frame.message(), null);
    }
    if (code != tensorflow.TF_OK) {
      throw WORDS.ofCall(version, input.rows(), frame.message(), null);
    }
    return EngineModel.columns(
        outputs.length, i -> outputs[i].take(frame.takeOutput(i), input, constants, allocator));
  }

  @Override
  public void close() {
    frames.close();
    constants.close();
    try {
      owner.close();
    } catch (Exception e) {
      throw new IllegalStateException(version + ": cannot be unloaded", e);
    }
  }
}
