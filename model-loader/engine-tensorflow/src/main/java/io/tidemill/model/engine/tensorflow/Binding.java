package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.TensorInfo;

/**
 * Where the tensors of a manifest's signature are in a SavedModel's graph, proved to fit.
 *
 * <p>Immutable. The operations are the graph's and live as long as it does.
 */
record Binding(List<Endpoint> inputs, List<Endpoint> outputs) {
  /** One tensor: output {@code index} of an operation. */
  record Endpoint(TensorSpec spec, TF_Operation operation, int index) {}

  /**
   * Finds every tensor of the manifest in the SavedModel.
   *
   * @throws InvalidModelException if the two do not fit, naming both sides
   */
  static Binding bind(
      ModelVersion version, Signature signature, MetaGraphDef metaGraph, TF_Graph graph) {
    ServedSignature served =
        ServedSignature.choose(version.toString(), signature, metaGraph.getSignatureDefMap());
    List<String> problems = served.differences(signature);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s: the manifest does not fit signature '%s' of the SavedModel: %s; publish a version whose manifest says what the SavedModel has"
              .formatted(version, served.name(), String.join("; ", problems)));
    }
    Map<String, TensorInfo> inputs = served.signature().getInputsMap();
    Map<String, TensorInfo> outputs = served.signature().getOutputsMap();
    return new Binding(
        signature.inputs().stream().map(spec -> find(version, spec, inputs, graph)).toList(),
        signature.outputs().stream().map(spec -> find(version, spec, outputs, graph)).toList());
  }

  private static Endpoint find(
      ModelVersion version, TensorSpec spec, Map<String, TensorInfo> tensors, TF_Graph graph) {
    String name = Optional.ofNullable(tensors.get(spec.name())).orElseThrow().getName();
    int colon = name.lastIndexOf(':');
    String operationName = colon < 0 ? name : name.substring(0, colon);
    TF_Operation operation = tensorflow.TF_GraphOperationByName(graph, operationName);
    if (operation == null) {
      throw new InvalidModelException(
          "%s: tensor '%s' of '%s' is not in the SavedModel's graph"
              .formatted(version, name, spec.name()));
    }
    return new Endpoint(
        spec, operation, colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1)));
  }
}
