package io.tidemill.model.store;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Versions for tests, and files to push as them. */
public final class Drafts {
  public static final Signature SIGNATURE =
      new Signature(
          List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, 32)),
          List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1)));

  private Drafts() {}

  public static ModelDraft draft(String name, String version) {
    return new ModelDraft(
        name,
        SemanticVersion.parse(version),
        "fake",
        SIGNATURE,
        Map.of("training-run", "42", "author", "risk: team"));
  }

  /** A folder with a graph, and weights in a folder of their own. */
  public static Path files(Path parent, String content) {
    try {
      Path folder = Files.createTempDirectory(Files.createDirectories(parent), "model");
      Files.writeString(folder.resolve("saved_model.pb"), "graph of " + content);
      Files.createDirectories(folder.resolve("variables"));
      Files.writeString(folder.resolve("variables/variables.data"), "weights of " + content);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
