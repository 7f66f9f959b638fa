package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The one input and the one output of a model in whose files tensors have no names, so that a
 * manifest may give them any. One element per row may have a dimension or not.
 *
 * @param place what has them, as in {@code the booster}
 * @param signature with names that the engine gives
 * @param inputTypes all that the input may be made of
 */
public record NamelessTensors(String place, Signature signature, Set<ElementType> inputTypes) {
  public NamelessTensors {
    inputTypes = Set.copyOf(inputTypes);
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

  /** What a manifest's signature says otherwise; empty if it fits. */
  public List<String> differences(Signature manifest) {
    TensorSpec output = signature.outputs().get(0);
    List<String> problems = new ArrayList<>();
    compare("input", manifest.inputs(), signature.inputs().get(0), inputTypes, problems);
    compare("output", manifest.outputs(), output, Set.of(output.type()), problems);
    if (!manifest.constants().isEmpty()) {
      problems.add(
          "constants %s are in the manifest but %s takes none"
              .formatted(manifest.constants(), place));
    }
    return problems;
  }

  private void compare(
      String side,
      List<TensorSpec> manifest,
      TensorSpec model,
      Set<ElementType> types,
      List<String> problems) {
    if (manifest.size() != 1) {
      problems.add(
          "%ss are %s in the manifest but %s has one: %s".formatted(side, manifest, place, model));
      return;
    }
    TensorSpec spec = manifest.get(0);
    boolean fits =
        types.contains(spec.type())
            && spec.hasFixedRows()
            && spec.shape().size() <= 2
            && spec.elementsPerRow() == model.elementsPerRow();
    if (!fits) {
      problems.add("%s is %s in the manifest but %s in %s".formatted(side, spec, model, place));
    }
  }
}
