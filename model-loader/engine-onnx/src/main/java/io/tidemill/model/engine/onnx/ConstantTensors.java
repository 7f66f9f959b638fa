package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.tidemill.model.Constant;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.engine.ConstantColumns;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a model's constants by their names, made once and read by every call.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside anything else.
 */
record ConstantTensors(ConstantColumns memory, Map<String, OnnxTensor> tensors)
    implements AutoCloseable {

  static ConstantTensors of(
      ModelVersion version, List<Constant> constants, OrtEnvironment environment)
      throws OrtException {
    ConstantColumns memory = new ConstantColumns(version, constants);
    try {
      String[] names = constants.stream().map(Constant::name).toArray(String[]::new);
      return new ConstantTensors(
          memory, TensorFrame.all(names, i -> over(constants.get(i), memory, i, environment)));
    } catch (OrtException | RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  private static OnnxTensor over(
      Constant constant, ConstantColumns memory, int index, OrtEnvironment environment)
      throws OrtException {
    long[] sizes = constant.shape().stream().mapToLong(Long::longValue).toArray();
    return InputTensor.over(
        environment, memory.column(index), 1, sizes, OnnxType.of(constant.type()));
  }

  /** These and the tensors of a call's rows. */
  Map<String, OnnxTensor> and(Map<String, OnnxTensor> ofRows) {
    if (tensors.isEmpty()) {
      return ofRows;
    }
    Map<String, OnnxTensor> all = new LinkedHashMap<>(ofRows);
    all.putAll(tensors);
    return all;
  }

  @Override
  public void close() {
    tensors.values().forEach(OnnxTensor::close);
    memory.close();
  }
}
