package io.tidemill.model.importing;

import io.tidemill.model.Constant;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The signature that a file beside a model says.
 *
 * @param place that file, as messages name it
 */
record DeclaredSignature(String place, Signature signature) {

  /**
   * Checks it against what the model's own files say.
   *
   * @throws InvalidModelException if they disagree, with all differences
   */
  void checkFits(Path files, Signature own) {
    List<String> differences = new ArrayList<>();
    List<String> constants = own.constants().stream().map(Constant::name).toList();
    compare(
        "input",
        signature.inputs().stream().filter(said -> !constants.contains(said.name())).toList(),
        own.inputs(),
        differences);
    compare("output", signature.outputs(), own.outputs(), differences);
    if (!differences.isEmpty()) {
      throw new InvalidModelException(
          "%s: %s does not fit the model: %s; correct it, or say inputs and outputs yourself"
              .formatted(files, place, String.join("; ", differences)));
    }
  }

  private static void compare(
      String side, List<TensorSpec> declared, List<TensorSpec> own, List<String> differences) {
    for (TensorSpec said : declared) {
      Optional<TensorSpec> there =
          own.stream().filter(tensor -> tensor.name().equals(said.name())).findFirst();
      if (there.isEmpty()) {
        differences.add(
            "%s '%s' is not among %s"
                .formatted(side, said.name(), own.stream().map(TensorSpec::name).toList()));
      } else if (said.type() != there.get().type() || !fits(said.shape(), there.get().shape())) {
        differences.add("%s %s is %s in the model".formatted(side, said, there.get()));
      }
    }
  }

  private static boolean fits(List<Long> said, List<Long> there) {
    boolean fits = said.size() == there.size();
    for (int i = 0; fits && i < said.size(); i++) {
      long one = said.get(i);
      long other = there.get(i);
      fits = one == other || one == -1 || other == -1;
    }
    return fits;
  }
}
