package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.engine.ModelTensor;
import io.tidemill.model.engine.ModelTensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * One of a SavedModel's signatures.
 *
 * <p>Immutable and thread-safe.
 */
record ServedSignature(String name, SignatureDef definition) {

  /** Its inputs and outputs, in the order of their names. */
  ModelTensors tensors() {
    return new ModelTensors(
        "signature '%s' of the SavedModel".formatted(name),
        tensors(definition.getInputsMap()),
        tensors(definition.getOutputsMap()));
  }

  private static Map<String, ModelTensor> tensors(Map<String, TensorInfo> all) {
    Map<String, ModelTensor> tensors = new TreeMap<>();
    all.forEach((name, tensor) -> tensors.put(name, tensor(tensor)));
    return tensors;
  }

  private static ModelTensor tensor(TensorInfo tensor) {
    TensorShapeProto shape = tensor.getTensorShape();
    List<Long> sizes =
        shape.getUnknownRank()
            ? null
            : shape.getDimList().stream().map(TensorShapeProto.Dim::getSize).toList();
    boolean dense = tensor.getEncodingCase() == TensorInfo.EncodingCase.NAME;
    return new ModelTensor(
        TensorType.column(tensor.getDtypeValue()),
        TensorType.label(tensor.getDtypeValue()),
        sizes,
        dense ? "" : "is a %s (expected: a dense tensor)".formatted(tensor.getEncodingCase()));
  }

  /** Where those of its tensors that a manifest names are in the graph. */
  List<String> places(List<String> tensors) {
    return tensors.stream().flatMap(name -> place(name).stream()).toList();
  }

  /** Where one of its tensors is in the graph, as in {@code serving_default_x:0}. */
  Optional<String> place(String tensor) {
    Optional<TensorInfo> input = Optional.ofNullable(definition.getInputsMap().get(tensor));
    return input
        .or(() -> Optional.ofNullable(definition.getOutputsMap().get(tensor)))
        .map(TensorInfo::getName);
  }
}
