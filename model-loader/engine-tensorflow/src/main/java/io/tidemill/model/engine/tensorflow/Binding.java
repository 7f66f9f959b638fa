package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import java.util.List;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Where the tensors of a manifest's signature are in a SavedModel's graph: its inputs, of which the
 * constants come last, and its outputs.
 *
 * <p>Immutable. The operations are the graph's and live as long as it does.
 */
record Binding(List<Endpoint> inputs, List<Endpoint> outputs) {
  /** One tensor: output {@code index} of an operation. */
  record Endpoint(TF_Operation operation, int index) {}

  /**
   * Finds every tensor of the manifest in the SavedModel.
   *
   * @param served proved to fit
   * @throws InvalidModelException if one is not in the graph
   */
  static Binding bind(
      ModelVersion version, Signature signature, ServedSignature served, TF_Graph graph) {
    return new Binding(
        signature.inputNames().stream().map(name -> find(version, name, served, graph)).toList(),
        signature.outputs().stream()
            .map(spec -> find(version, spec.name(), served, graph))
            .toList());
  }

  private static Endpoint find(
      ModelVersion version, String tensor, ServedSignature served, TF_Graph graph) {
    String name = served.place(tensor).orElseThrow();
    int colon = name.lastIndexOf(':');
    String operationName = colon < 0 ? name : name.substring(0, colon);
    TF_Operation operation = tensorflow.TF_GraphOperationByName(graph, operationName);
    if (operation == null) {
      throw new InvalidModelException(
          "%s: tensor '%s' of '%s' is not in the SavedModel's graph"
              .formatted(version, name, tensor));
    }
    return new Endpoint(operation, colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1)));
  }
}
