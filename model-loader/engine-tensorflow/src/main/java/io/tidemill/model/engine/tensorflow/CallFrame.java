package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.engine.tensorflow.Binding.Endpoint;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * The native memory of one call, used by one call after another.
 *
 * <p>A call is {@link #feed}, {@link #run}, {@link #takeOutput} and, on every path, {@link
 * #release}, which deletes the outputs that were not taken. Input tensors over columns are kept for
 * a call with the same columns.
 *
 * <p>Not thread-safe; a frame serves one call at a time.
 */
final class CallFrame implements AutoCloseable {
  private final InputTensor[] inputs;
  private final TF_Output inputPlaces;
  private final TF_Output outputPlaces;
  private final PointerPointer<TF_Tensor> inputTensors;
  private final PointerPointer<TF_Tensor> outputTensors;
  private final LongPointer inputAddresses;
  private final LongPointer outputAddresses;
  private final TF_Status status = tensorflow.TF_NewStatus();
  private final NativeAddress.Tensor tensor = new NativeAddress.Tensor();

  /**
   * Makes room.
   *
   * @param rowInputs those that a batch has columns for
   */
  CallFrame(Binding binding, List<TensorSpec> rowInputs, ConstantTensors constants) {
    inputs = rowInputs.stream().map(InputTensor::new).toArray(InputTensor[]::new);
    inputPlaces = places(binding.inputs());
    outputPlaces = places(binding.outputs());
    inputTensors = new PointerPointer<>(binding.inputs().size());
    outputTensors = new PointerPointer<>(binding.outputs().size());
    inputAddresses = new LongPointer(inputTensors.zero());
    outputAddresses = new LongPointer(outputTensors.zero());
    constants.put(inputAddresses, inputs.length);
  }

  private static TF_Output places(List<Endpoint> endpoints) {
    TF_Output places = new TF_Output(endpoints.size());
    for (int i = 0; i < endpoints.size(); i++) {
      places.position(i).oper(endpoints.get(i).operation()).index(endpoints.get(i).index());
    }
    return places.position(0);
  }

  /**
   * Makes the input tensors.
   *
   * @return false if TensorFlow could not make one
   * @throws IllegalArgumentException if a column is not the input's at its position
   */
  boolean feed(ColumnBatch batch) {
    for (int i = 0; i < inputs.length; i++) {
      TF_Tensor input = inputs[i].over(batch.column(i), batch.rows());
      if (input == null) {
        return false;
      }
      inputAddresses.put(i, input.address());
    }
    return true;
  }

  /** Runs the session and answers TensorFlow's status code. */
  int run(TF_Session session) {
    tensorflow.TF_SessionRun(
        session,
        (TF_Buffer) null,
        inputPlaces,
        inputTensors,
        (int) inputAddresses.capacity(),
        outputPlaces,
        outputTensors,
        (int) outputAddresses.capacity(),
        (PointerPointer<TF_Operation>) null,
        0,
        (TF_Buffer) null,
        status);
    return tensorflow.TF_GetCode(status);
  }

  /** What TensorFlow said about the last run, its first line. */
  String message() {
    BytePointer message = tensorflow.TF_Message(status);
    return message == null ? "" : message.getString().lines().findFirst().orElse("");
  }

  /** The output tensor of the call at this position, from now on the caller's to delete. */
  TF_Tensor takeOutput(int index) {
    TF_Tensor output = new NativeAddress.Tensor().at(outputAddresses.get(index));
    outputAddresses.put(index, 0);
    return output;
  }

  /** Deletes every tensor that the next call cannot use. */
  void release() {
    for (InputTensor input : inputs) {
      input.endCall();
    }
    for (int i = 0; i < outputAddresses.capacity(); i++) {
      long address = outputAddresses.get(i);
      if (address != 0) {
        outputAddresses.put(i, 0);
        tensorflow.TF_DeleteTensor(tensor.at(address));
      }
    }
  }

  @Override
  public void close() {
    release();
    for (InputTensor input : inputs) {
      input.close();
    }
    inputPlaces.close();
    outputPlaces.close();
    inputTensors.close();
    outputTensors.close();
    tensorflow.TF_DeleteStatus(status);
  }
}
