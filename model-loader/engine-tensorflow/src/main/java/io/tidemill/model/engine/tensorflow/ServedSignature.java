package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.InputShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * One of a SavedModel's signatures: the one that a manifest's is held against. The native library
 * is not needed.
 *
 * <p>Immutable and thread-safe.
 */
record ServedSignature(String name, SignatureDef signature) {
  private static final String PREFERRED = "serving_default";
  private static final String INTERNAL_PREFIX = "__saved_model";

  /**
   * The signature that a manifest's was made of.
   *
   * @param subject the model, as messages name it
   * @throws InvalidModelException if it may be one of several
   */
  static ServedSignature choose(
      String subject, Signature signature, Map<String, SignatureDef> all) {
    TreeMap<String, SignatureDef> candidates = new TreeMap<>(all);
    candidates.keySet().removeIf(name -> name.startsWith(INTERNAL_PREFIX));
    if (candidates.values().stream().filter(one -> names(signature, one)).count() == 1) {
      // Only one has these tensors: the manifest was made of it, whatever its name.
      candidates.values().removeIf(one -> !names(signature, one));
    }
    SignatureDef preferred = candidates.get(PREFERRED);
    if (preferred != null) {
      return new ServedSignature(PREFERRED, preferred);
    }
    if (candidates.size() == 1) {
      return new ServedSignature(candidates.firstKey(), candidates.firstEntry().getValue());
    }
    throw new InvalidModelException(
        "%s: signatures of the SavedModel: %s (expected: one named '%s', or only one)"
            .formatted(subject, candidates.keySet(), PREFERRED));
  }

  private static boolean names(Signature signature, SignatureDef candidate) {
    Set<String> inputs = new TreeSet<>();
    signature.inputs().forEach(spec -> inputs.add(spec.name()));
    return inputs.equals(candidate.getInputsMap().keySet())
        && signature.outputs().stream()
            .allMatch(spec -> candidate.getOutputsMap().containsKey(spec.name()));
  }

  /**
   * What a manifest's signature says otherwise; empty if it fits.
   *
   * <p>A size that the SavedModel leaves open may be fixed by the manifest, never the other way
   * round. The manifest must name every input and may leave out outputs.
   */
  List<String> differences(Signature manifest) {
    List<String> problems = new ArrayList<>();
    Map<String, TensorInfo> inputs = signature.getInputsMap();
    Map<String, TensorInfo> outputs = signature.getOutputsMap();
    manifest.inputs().forEach(spec -> check("input", spec, inputs, problems));
    manifest.outputs().forEach(spec -> check("output", spec, outputs, problems));
    new TreeMap<>(inputs)
        .forEach(
            (name, tensor) -> {
              if (manifest.inputs().stream().noneMatch(spec -> spec.name().equals(name))) {
                problems.add(
                    "input '%s' is in the SavedModel as %s but not in the manifest"
                        .formatted(name, describe(tensor)));
              }
            });
    for (TensorSpec spec : manifest.inputs()) {
      if (!InputShape.isDetermined(spec)) {
        problems.add(
            "input %s leaves several sizes open (expected: at most one besides the batch's)"
                .formatted(spec));
      }
    }
    return problems;
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
