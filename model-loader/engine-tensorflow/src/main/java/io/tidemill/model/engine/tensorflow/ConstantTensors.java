package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.Constant;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.engine.ConstantColumns;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.tensorflow.internal.c_api.TF_Tensor;

/**
 * The tensors of a model's constants, made once and read by every call.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside anything else.
 */
final class ConstantTensors implements AutoCloseable {
  private final ConstantColumns memory;
  private final List<InputTensor> tensors = new ArrayList<>();
  private final List<Long> addresses = new ArrayList<>();

  ConstantTensors(ModelVersion version, List<Constant> constants) {
    memory = new ConstantColumns(version, constants);
    for (Constant constant : constants) {
      InputTensor tensor = new InputTensor(constant);
      tensors.add(tensor);
      TF_Tensor made = tensor.over(memory.column(addresses.size()), 1);
      if (made == null) {
        close();
        throw new ModelOutOfMemoryException(
            "%s: no memory for constant %s".formatted(version, constant.name()));
      }
      addresses.add(made.address());
    }
  }

  /** Writes the addresses of the tensors behind those of a call's own. */
  void put(LongPointer inputs, int from) {
    for (int i = 0; i < addresses.size(); i++) {
      inputs.put(from + i, addresses.get(i));
    }
  }

  /** Whether memory of a constant of fixed width is among these bytes. */
  boolean holds(long address, long bytes) {
    return memory.holds(address, bytes);
  }

  @Override
  public void close() {
    tensors.forEach(InputTensor::close);
    memory.close();
  }
}
