package io.tidemill.model.engine;

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

  /**
   * The signature that they are.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if no batch can be made for it, with every reason
   */
  public Signature signature(String subject) {
    List<String> problems = new ArrayList<>();
    List<TensorSpec> inputSpecs = specs("input", inputs, problems);
    List<TensorSpec> outputSpecs = specs("output", outputs, problems);
    if (problems.isEmpty()) {
      try {
        return new Signature(inputSpecs, outputSpecs);
      } catch (IllegalArgumentException incomplete) {
        problems.add(String.valueOf(incomplete.getMessage()));
      }
    }
    throw new InvalidModelException(
        "%s: %s; export it with tensors whose first dimension is the batch's and open"
            .formatted(subject, String.join("; ", problems)));
  }

  private static List<TensorSpec> specs(
      String side, Map<String, ModelTensor> tensors, List<String> problems) {
    List<TensorSpec> specs = new ArrayList<>();
    tensors.forEach(
        (name, tensor) -> {
          List<String> faults = tensor.faults("%s '%s'".formatted(side, name));
          ElementType type = tensor.type();
          List<Long> shape = tensor.shape();
          if (faults.isEmpty() && shape == null) {
            faults.add(
                "%s '%s' has no shape (expected: one, of the files or that you say)"
                    .formatted(side, name));
          }
          if (type != null && shape != null && faults.isEmpty()) {
            try {
              specs.add(new TensorSpec(name, type, shape));
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
   * The manifest must name every input and may leave out outputs.
   */
  public List<String> differences(Signature manifest) {
    List<String> problems = new ArrayList<>();
    manifest.inputs().forEach(spec -> compare("input", spec, inputs, problems));
    manifest.outputs().forEach(spec -> compare("output", spec, outputs, problems));
    inputs.forEach(
        (name, tensor) -> {
          if (manifest.inputs().stream().noneMatch(spec -> spec.name().equals(name))) {
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
