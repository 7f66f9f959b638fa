package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.SignatureReader;
import io.tidemill.model.engine.SignatureReaders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The signature of a model: what the user says where that is true, else what its files say. */
final class FoundSignature {
  private FoundSignature() {}

  static Signature of(Path files, String engine, ImportOptions options, Workspace workspace) {
    return of(files, engine, options, workspace, null, "");
  }

  /**
   * The signature.
   *
   * @param declared what a file beside the model says; null if none does
   * @param declaration that file, as messages name it
   * @throws InvalidModelException if nothing says one, or model and declaration disagree
   */
  static Signature of(
      Path files,
      String engine,
      ImportOptions options,
      Workspace workspace,
      @Nullable Signature declared,
      String declaration) {
    Signature given = options.signature();
    if (given != null) {
      workspace.reader(engine).ifPresent(reader -> SignatureReaders.check(reader, files, given));
      return given;
    }
    Optional<Signature> own =
        workspace.reader(engine).map(reader -> read(reader, files, options.signatureName()));
    if (own.isPresent() && declared != null) {
      List<String> differences = new ArrayList<>();
      compare("input", declared.inputs(), own.get().inputs(), differences);
      compare("output", declared.outputs(), own.get().outputs(), differences);
      if (!differences.isEmpty()) {
        throw new InvalidModelException(
            "%s: %s does not fit the model: %s; correct it, or say the signature with --input-tensor and --output-tensor"
                .formatted(files, declaration, String.join("; ", differences)));
      }
    }
    if (own.isPresent()) {
      return own.get();
    }
    if (declared != null) {
      return declared;
    }
    throw new InvalidModelException(
        "%s: the files of engine '%s' say no signature here (expected: inputs and outputs, as in --input-tensor 'features float32[-1, 4]' --output-tensor 'score float32[-1, 1]', where -1 is the batch)"
            .formatted(files, engine));
  }

  private static Signature read(SignatureReader reader, Path files, @Nullable String name) {
    return name == null ? reader.read(files) : reader.read(files, name);
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
    if (said.size() != there.size()) {
      return false;
    }
    for (int i = 0; i < said.size(); i++) {
      long one = said.get(i);
      long other = there.get(i);
      if (one != other && one != -1 && other != -1) {
        return false;
      }
    }
    return true;
  }
}
