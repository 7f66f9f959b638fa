package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * Where the tensors of a manifest's signature are in a SavedModel's graph, proved to fit.
 *
 * <p>Immutable. The operations are the graph's and live as long as it does.
 */
record Binding(List<Endpoint> inputs, List<Endpoint> outputs) {
  private static final String PREFERRED = "serving_default";
  private static final String INTERNAL_PREFIX = "__saved_model";

  /** One tensor: output {@code index} of an operation. */
  record Endpoint(TensorSpec spec, TF_Operation operation, int index) {}

  /**
   * Finds every tensor of the manifest in the SavedModel.
   *
   * <p>A size that the SavedModel leaves open may be fixed by the manifest, never the other way
   * round. The manifest must name every input and may leave out outputs.
   *
   * @throws InvalidModelException if the two do not fit, naming both sides
   */
  static Binding bind(
      ModelVersion version, Signature signature, MetaGraphDef metaGraph, TF_Graph graph) {
    Map.Entry<String, SignatureDef> chosen =
        choose(version, signature, metaGraph.getSignatureDefMap());
    List<String> problems = new ArrayList<>();
    Map<String, TensorInfo> inputs = chosen.getValue().getInputsMap();
    Map<String, TensorInfo> outputs = chosen.getValue().getOutputsMap();
    signature.inputs().forEach(spec -> check("input", spec, inputs, problems));
    signature.outputs().forEach(spec -> check("output", spec, outputs, problems));
    new TreeMap<>(inputs)
        .forEach(
            (name, tensor) -> {
              if (signature.inputs().stream().noneMatch(spec -> spec.name().equals(name))) {
                problems.add(
                    "input '%s' is in the SavedModel as %s but not in the manifest"
                        .formatted(name, describe(tensor)));
              }
            });
    for (TensorSpec spec : signature.inputs()) {
      if (spec.shape().stream().filter(size -> size == -1).count() > 2) {
        problems.add(
            "input %s leaves several sizes open (expected: at most one besides the batch's)"
                .formatted(spec));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s: the manifest does not fit signature '%s' of the SavedModel: %s; publish a version whose manifest says what the SavedModel has"
              .formatted(version, chosen.getKey(), String.join("; ", problems)));
    }
    return new Binding(
        signature.inputs().stream().map(spec -> find(version, spec, inputs, graph)).toList(),
        signature.outputs().stream().map(spec -> find(version, spec, outputs, graph)).toList());
  }

  private static Map.Entry<String, SignatureDef> choose(
      ModelVersion version, Signature signature, Map<String, SignatureDef> all) {
    TreeMap<String, SignatureDef> candidates = new TreeMap<>(all);
    candidates.keySet().removeIf(name -> name.startsWith(INTERNAL_PREFIX));
    if (candidates.values().stream().filter(one -> names(signature, one)).count() == 1) {
      // Only one has these tensors: the manifest was made of it, whatever its name.
      candidates.values().removeIf(one -> !names(signature, one));
    }
    SignatureDef preferred = candidates.get(PREFERRED);
    if (preferred != null) {
      return Map.entry(PREFERRED, preferred);
    }
    if (candidates.size() == 1) {
      return candidates.firstEntry();
    }
    throw new InvalidModelException(
        "%s: signatures of the SavedModel: %s (expected: one named '%s', or only one)"
            .formatted(version, candidates.keySet(), PREFERRED));
  }

  private static boolean names(Signature signature, SignatureDef candidate) {
    Set<String> inputs = new TreeSet<>();
    signature.inputs().forEach(spec -> inputs.add(spec.name()));
    return inputs.equals(candidate.getInputsMap().keySet())
        && signature.outputs().stream()
            .allMatch(spec -> candidate.getOutputsMap().containsKey(spec.name()));
  }

  private static void check(
      String side, TensorSpec spec, Map<String, TensorInfo> tensors, List<String> problems) {
    TensorInfo tensor = tensors.get(spec.name());
    if (tensor == null) {
      problems.add(
          "%s '%s' is in the manifest but the SavedModel has %s"
              .formatted(side, spec.name(), new TreeSet<>(tensors.keySet())));
    } else if (tensor.getEncodingCase() != TensorInfo.EncodingCase.NAME) {
      problems.add(
          "%s '%s' of the SavedModel is a %s (expected: a dense tensor)"
              .formatted(side, spec.name(), tensor.getEncodingCase()));
    } else if (tensor.getDtypeValue() != TensorTypes.number(spec.type())
        || !fits(spec.shape(), tensor.getTensorShape())) {
      problems.add(
          "%s '%s' is %s in the manifest but %s in the SavedModel"
              .formatted(side, spec.name(), shapeOf(spec), describe(tensor)));
    }
  }

  private static boolean fits(List<Long> manifest, TensorShapeProto model) {
    if (model.getUnknownRank()) {
      return true;
    }
    if (model.getDimCount() != manifest.size() || model.getDim(0).getSize() != -1) {
      return false;
    }
    for (int i = 1; i < manifest.size(); i++) {
      long size = model.getDim(i).getSize();
      if (size != -1 && size != manifest.get(i)) {
        return false;
      }
    }
    return true;
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

  private static String shapeOf(TensorSpec spec) {
    return spec.type().label() + spec.shape();
  }

  private static String describe(TensorInfo tensor) {
    TensorShapeProto shape = tensor.getTensorShape();
    String sizes =
        shape.getUnknownRank()
            ? "[of any rank]"
            : shape.getDimList().stream()
                .map(dimension -> String.valueOf(dimension.getSize()))
                .collect(Collectors.joining(", ", "[", "]"));
    return TensorTypes.label(tensor.getDtypeValue()) + sizes;
  }
}
