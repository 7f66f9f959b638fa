package io.tidemill.model.engine.pytorch;

import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.engine.BatchPlace;
import java.util.Arrays;

/**
 * The input tensors of a batch and the arguments that hold them, used by one call after another on
 * a batch in the same place.
 *
 * <p>Rejected: a slice of one tensor over the whole column, made for each call, serves any number
 * of rows but costs 1.2 microseconds, where a frame that fits costs nothing and a new tensor 2 to
 * 3. A detached tensor costs 0.6 and refuses modules that change the shape of their input.
 *
 * <p>Not thread-safe; a frame serves one call at a time.
 */
final class CallFrame implements AutoCloseable {
  private final BatchPlace place;
  private final long[][] sizes;
  private final long[] tensors;
  private final long[] arguments;
  private int made;

  private CallFrame(ColumnBatch batch, int inputs) {
    place = new BatchPlace(batch);
    sizes = new long[inputs][];
    tensors = new long[inputs];
    arguments = new long[inputs];
  }

  /**
   * The tensors over a batch, which must stay as it is during a call.
   *
   * @throws IllegalArgumentException if a column is not the input's at its position
   */
  static CallFrame over(InputTensor[] inputs, ColumnBatch batch) {
    CallFrame frame = new CallFrame(batch, inputs.length);
    try {
      for (InputTensor input : inputs) {
        frame.add(input, batch);
      }
      return frame;
    } catch (RuntimeException e) {
      frame.close();
      throw e;
    }
  }

  private void add(InputTensor input, ColumnBatch batch) {
    sizes[made] = input.sizes(batch.column(made), batch.rows());
    long tensor = input.over(batch.fixedWidth(made), sizes[made]);
    try {
      arguments[made] = TorchCalls.value(tensor);
    } catch (RuntimeException e) {
      TorchCalls.deleteTensor(tensor);
      throw e;
    }
    tensors[made++] = tensor;
  }

  /** Whose tensors these are. */
  BatchPlace place() {
    return place;
  }

  /** The arguments of {@code forward}; they stay the frame's. */
  long[] arguments() {
    return arguments;
  }

  /** Whether the calls have left the tensors in the shape in which they were made. */
  boolean isUnchanged() {
    boolean same = true;
    for (int i = 0; same && i < tensors.length; i++) {
      same =
          TorchCalls.isContiguous(tensors[i])
              && Arrays.equals(TorchCalls.sizes(tensors[i]), sizes[i]);
    }
    return same;
  }

  @Override
  public void close() {
    while (made > 0) {
      made--;
      TorchCalls.deleteValue(arguments[made]);
      TorchCalls.deleteTensor(tensors[made]);
    }
  }
}
