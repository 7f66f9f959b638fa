package io.tidemill.model.importing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What TensorFlow's {@code saved_model.save} and Keras's {@code model.export} write. */
final class SavedModelFolder implements ModelFormat {
  static final String FILE = "saved_model.pb";
  static final String ENGINE = "tensorflow";

  @Override
  public String sought() {
    return "a TensorFlow SavedModel (a folder with saved_model.pb)";
  }

  @Override
  public boolean matches(Path path) {
    return Files.isRegularFile(path.resolve(FILE));
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    return DetectedModel.of(
        "TensorFlow SavedModel", workspace.tidy(path), ENGINE, workspace.signature(path, ENGINE));
  }
}
