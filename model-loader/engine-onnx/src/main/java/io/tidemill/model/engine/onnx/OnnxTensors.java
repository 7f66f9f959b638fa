package io.tidemill.model.engine.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.TensorInfo;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.InputShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The inputs and outputs that an .onnx file has, by name and in its order.
 *
 * <p>Immutable and thread-safe.
 *
 * @param subject the model, as messages name it
 */
record OnnxTensors(String subject, Map<String, NodeInfo> inputs, Map<String, NodeInfo> outputs) {
  private static final String EXPORT =
      "export it with tensors whose first dimension is the batch's and open";

  /**
   * What the file says as a signature.
   *
   * @throws InvalidModelException if no batch can be made for it
   */
  Signature signature() {
    List<String> problems = new ArrayList<>();
    List<TensorSpec> inputSpecs = specs("input", inputs, problems);
    List<TensorSpec> outputSpecs = specs("output", outputs, problems);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s: %s; %s".formatted(subject, String.join("; ", problems), EXPORT));
    }
    return new Signature(inputSpecs, outputSpecs);
  }

  private static List<TensorSpec> specs(
      String side, Map<String, NodeInfo> nodes, List<String> problems) {
    List<TensorSpec> specs = new ArrayList<>();
    nodes.forEach(
        (name, node) -> {
          String tensor = "%s '%s'".formatted(side, name);
          List<String> found = problems(tensor, node);
          if (node.getInfo() instanceof TensorInfo info && found.isEmpty()) {
            if (info.getShape().length == 0) {
              found.add(tensor + " has no shape (expected: one)");
            } else {
              specs.add(
                  TensorSpec.of(name, OnnxTypes.elementType(info).orElseThrow(), info.getShape()));
            }
          }
          problems.addAll(found);
        });
    return specs;
  }

  /** What no manifest can mend. */
  private static List<String> problems(String tensor, NodeInfo node) {
    List<String> problems = new ArrayList<>();
    if (!(node.getInfo() instanceof TensorInfo info)) {
      problems.add(
          "%s is a %s (expected: a dense tensor; scikit-learn's converter has the option zipmap=False)"
              .formatted(tensor, node.getInfo()));
      return problems;
    }
    Optional<ElementType> type = OnnxTypes.elementType(info);
    if (type.isEmpty()) {
      problems.add(
          "%s has type %s (expected: %s)".formatted(tensor, OnnxTypes.label(info), typeNames()));
    }
    long[] shape = info.getShape();
    if (shape.length > 0 && shape[0] != -1) {
      problems.add(
          "%s has %d rows in every batch: %s (expected: -1, any number)"
              .formatted(tensor, shape[0], describe(info)));
    }
    return problems;
  }

  /**
   * Checks that a manifest's signature is this file's.
   *
   * <p>A size that the file leaves open may be fixed by the manifest, never the other way round.
   * The manifest must name every input and may leave out outputs.
   *
   * @throws InvalidModelException if the two do not fit, naming both sides
   */
  void check(Signature signature) {
    List<String> problems = differences(signature);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s: the manifest does not fit the .onnx file: %s; publish a version whose manifest says what the file has"
              .formatted(subject, String.join("; ", problems)));
    }
  }

  /** What a manifest's signature says otherwise than this file; empty if it fits. */
  List<String> differences(Signature signature) {
    List<String> problems = new ArrayList<>();
    signature.inputs().forEach(spec -> check("input", spec, inputs, problems));
    signature.outputs().forEach(spec -> check("output", spec, outputs, problems));
    inputs.forEach(
        (name, node) -> {
          if (signature.inputs().stream().noneMatch(spec -> spec.name().equals(name))) {
            problems.add(
                "input '%s' is in the file as %s but not in the manifest"
                    .formatted(name, describe(node)));
          }
        });
    for (TensorSpec spec : signature.inputs()) {
      if (!InputShape.isDetermined(spec)) {
        problems.add(
            "input %s leaves several sizes open (expected: at most one besides the batch's)"
                .formatted(spec));
      }
    }
    return problems;
  }

  private static void check(
      String side, TensorSpec spec, Map<String, NodeInfo> nodes, List<String> problems) {
    NodeInfo node = nodes.get(spec.name());
    if (node == null) {
      problems.add(
          "%s '%s' is in the manifest but the file has %s"
              .formatted(side, spec.name(), nodes.keySet()));
      return;
    }
    List<String> found = problems("%s '%s'".formatted(side, spec.name()), node);
    if (found.isEmpty() && node.getInfo() instanceof TensorInfo info && !fits(spec, info)) {
      found.add(
          "%s '%s' is %s%s in the manifest but %s in the file"
              .formatted(side, spec.name(), spec.type().label(), spec.shape(), describe(info)));
    }
    problems.addAll(found);
  }

  private static boolean fits(TensorSpec spec, TensorInfo info) {
    long[] shape = info.getShape();
    if (OnnxTypes.of(spec.type()) != info.type) {
      return false;
    }
    if (shape.length == 0) {
      // No shape, or none that is known before the call.
      return true;
    }
    if (shape.length != spec.shape().size()) {
      return false;
    }
    for (int i = 1; i < shape.length; i++) {
      if (shape[i] != -1 && shape[i] != spec.shape().get(i)) {
        return false;
      }
    }
    return true;
  }

  private static String describe(NodeInfo node) {
    return node.getInfo() instanceof TensorInfo info ? describe(info) : node.getInfo().toString();
  }

  private static String describe(TensorInfo info) {
    return OnnxTypes.label(info) + Arrays.toString(info.getShape());
  }

  private static String typeNames() {
    return Stream.of(ElementType.values())
        .map(ElementType::label)
        .collect(Collectors.joining(", "));
  }
}
