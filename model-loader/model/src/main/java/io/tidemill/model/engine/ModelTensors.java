package io.tidemill.model.engine;

import io.tidemill.model.Constant;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The inputs and outputs that a model's own files name, in their order: made into a signature, or
 * held against one that somebody gives.
 *
 * <p>Immutable and thread-safe.
 *
 * @param place what names them, as in {@code the .onnx file}
 */
public record ModelTensors(
    String place, Map<String, ModelTensor> inputs, Map<String, ModelTensor> outputs) {
  public ModelTensors {
    inputs = new LinkedHashMap<>(inputs);
    outputs = new LinkedHashMap<>(outputs);
  }

  /** The {@linkplain #signature(String, Map) signature} without constants. */
  public Signature signature(String subject) {
    return signature(subject, Map.of());
  }

  /**
   * The signature that they are. Where all inputs have the same fixed number of rows, it is the
   * signature's {@code batch}.
   *
   * @param subject what messages begin with
   * @param given the values of inputs that are constants, by name: text, or numbers with commas
   *     between them
   * @throws InvalidModelException if no batch can be made for it, with every reason
   */
  public Signature signature(String subject, Map<String, String> given) {
    List<String> problems = new ArrayList<>();
    List<Constant> constants = constants(given, problems);
    Map<String, ModelTensor> rows = new LinkedHashMap<>(inputs);
    rows.keySet().removeAll(given.keySet());
    List<TensorSpec> inputSpecs = specs("input", rows, problems);
    List<TensorSpec> outputSpecs = specs("output", outputs, problems);
    long batch = rows.values().stream().mapToLong(ModelTensor::rows).findFirst().orElse(0);
    checkRows("input", rows, batch, problems);
    checkRows("output", outputs, batch, problems);
    if (problems.isEmpty()) {
      try {
        return new Signature(inputSpecs, outputSpecs)
            .inBatchesOf(Math.toIntExact(Math.max(0, batch)))
            .with(constants);
      } catch (ArithmeticException | IllegalArgumentException incomplete) {
        problems.add(String.valueOf(incomplete.getMessage()));
      }
    }
    throw new InvalidModelException(
        "%s: %s; export it with tensors whose first dimension is the batch's and open"
            .formatted(subject, String.join("; ", problems)));
  }

  private List<Constant> constants(Map<String, String> given, List<String> problems) {
    List<Constant> constants = new ArrayList<>();
    given.forEach(
        (name, text) -> {
          ModelTensor tensor = inputs.get(name);
          ElementType type = tensor == null ? null : tensor.type();
          if (tensor == null) {
            problems.add("constant '%s' is none of the inputs %s".formatted(name, inputs.keySet()));
          } else if (type == null) {
            problems.addAll(tensor.faults("constant '%s'".formatted(name)));
          } else {
            List<String> values =
                type == ElementType.STRING ? List.of(text) : List.of(text.split(",", -1));
            try {
              constants.add(new Constant(name, type, tensor.shapeOf(values.size()), values));
            } catch (IllegalArgumentException refused) {
              problems.add(String.valueOf(refused.getMessage()));
            }
          }
        });
    return constants;
  }

  private static void checkRows(
      String side, Map<String, ModelTensor> tensors, long batch, List<String> problems) {
    tensors.forEach(
        (name, tensor) -> {
          long rows = tensor.rows();
          boolean unknown = tensor.shape() == null || tensor.shape().isEmpty();
          boolean fits = rows == batch || (rows == ModelTensor.ANY && side.equals("output"));
          if ((!fits && !unknown) || rows == 0) {
            problems.add(
                "%s '%s' has %s rows in every call: %s (expected: %s)%s"
                    .formatted(
                        side,
                        name,
                        rows == ModelTensor.ANY ? "any number of" : rows,
                        tensor,
                        batch > 0 ? batch + ", as the first input" : "-1, any number",
                        side.equals("input") ? "; " + remedy(name) : ""));
          }
        });
  }

  private static String remedy(String input) {
    return "or give it one value for all calls with --constant %s=VALUE".formatted(input);
  }

  private static List<TensorSpec> specs(
      String side, Map<String, ModelTensor> tensors, List<String> problems) {
    List<TensorSpec> specs = new ArrayList<>();
    tensors.forEach(
        (name, tensor) -> {
          List<String> faults = tensor.faults("%s '%s'".formatted(side, name));
          ElementType type = tensor.type();
          List<Long> shape = tensor.shape();
          if (faults.isEmpty() && (shape == null || shape.isEmpty())) {
            faults.add(
                "%s '%s' is %s, which has no rows (expected: a dimension for them, of the files or that you say)%s"
                    .formatted(
                        side, name, tensor, side.equals("input") ? "; " + remedy(name) : ""));
          }
          if (type != null && shape != null && faults.isEmpty()) {
            List<Long> open = new ArrayList<>(shape);
            open.set(0, -1L);
            try {
              specs.add(new TensorSpec(name, type, open));
            } catch (IllegalArgumentException refused) {
              faults.add(side + ": " + refused.getMessage());
            }
          }
          problems.addAll(faults);
        });
    return specs;
  }

  /**
   * Checks that a manifest's signature fits.
   *
   * @throws InvalidModelException if it does not, naming both sides
   */
  public void require(ModelVersion version, Signature manifest) {
    List<String> problems = differences(manifest);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s: the manifest does not fit %s: %s; publish a version whose manifest says what that has"
              .formatted(version, place, String.join("; ", problems)));
    }
  }

  /**
   * What a manifest's signature says otherwise; empty if it fits.
   *
   * <p>A size that the files leave open may be fixed by the manifest, never the other way round.
   * The manifest must name every input, as one or as a constant, and may leave out outputs.
   */
  public List<String> differences(Signature manifest) {
    List<String> problems = new ArrayList<>();
    manifest.inputs().forEach(spec -> compare("input", spec, inputs, problems));
    manifest.outputs().forEach(spec -> compare("output", spec, outputs, problems));
    manifest.inputs().forEach(spec -> compareRows("input", spec, inputs, manifest, problems));
    manifest.outputs().forEach(spec -> compareRows("output", spec, outputs, manifest, problems));
    manifest.constants().forEach(constant -> compare(constant, problems));
    inputs.forEach(
        (name, tensor) -> {
          if (manifest.inputs().stream().noneMatch(spec -> spec.name().equals(name))
              && manifest.constants().stream().noneMatch(one -> one.name().equals(name))) {
            problems.add(
                "input '%s' is in %s as %s but not in the manifest".formatted(name, place, tensor));
          }
        });
    problems.addAll(undetermined(manifest));
    return problems;
  }

  /** The inputs whose tensors' sizes a column's width does not determine, as problems. */
  public static List<String> undetermined(Signature signature) {
    return signature.inputs().stream()
        .filter(spec -> !InputShape.isDetermined(spec))
        .map(
            spec ->
                "input %s leaves several sizes open (expected: at most one besides the batch's)"
                    .formatted(spec))
        .toList();
  }

  private void compareRows(
      String side,
      TensorSpec spec,
      Map<String, ModelTensor> tensors,
      Signature manifest,
      List<String> problems) {
    ModelTensor tensor = tensors.get(spec.name());
    if (tensor != null && tensor.rows() != ModelTensor.ANY && tensor.rows() != manifest.batch()) {
      problems.add(
          "%s '%s' has %d rows in every call in %s but %s in the manifest"
              .formatted(
                  side,
                  spec.name(),
                  tensor.rows(),
                  place,
                  manifest.batch() == 0 ? "any number" : manifest.batch()));
    }
  }

  private void compare(Constant constant, List<String> problems) {
    ModelTensor tensor = inputs.get(constant.name());
    if (tensor == null) {
      problems.add(
          "constant '%s' is in the manifest but %s has the inputs %s"
              .formatted(constant.name(), place, inputs.keySet()));
    } else if (!tensor.fits(constant)) {
      problems.add(
          "constant '%s' is %s%s in the manifest but %s in %s"
              .formatted(
                  constant.name(), constant.type().label(), constant.shape(), tensor, place));
    }
  }

  private void compare(
      String side, TensorSpec spec, Map<String, ModelTensor> tensors, List<String> problems) {
    ModelTensor tensor = tensors.get(spec.name());
    if (tensor == null) {
      problems.add(
          "%s '%s' is in the manifest but %s has %s"
              .formatted(side, spec.name(), place, tensors.keySet()));
      return;
    }
    List<String> faults = tensor.faults("%s '%s'".formatted(side, spec.name()));
    if (faults.isEmpty() && !tensor.fits(spec)) {
      faults.add(
          "%s '%s' is %s%s in the manifest but %s in %s"
              .formatted(side, spec.name(), spec.type().label(), spec.shape(), tensor, place));
    }
    problems.addAll(faults);
  }
}
