package io.tidemill.model.engine.pytorch;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the TorchScript file among a version's files. */
final class TorchScriptFile {
  private TorchScriptFile() {}

  /**
   * The file itself, the one in a folder, or the one in that folder's folders.
   *
   * @param subject what is loaded, as messages name it
   * @throws InvalidModelException if there is none, or several
   */
  static Path find(String subject, Path files) {
    if (Files.isRegularFile(files)) {
      return files;
    }
    try {
      List<Path> found = scripts(files, 1);
      if (found.isEmpty()) {
        found = scripts(files, 2);
      }
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d .pt or .pth files in %s (expected: 1)".formatted(subject, found.size(), files));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: files in %s cannot be listed: %s".formatted(subject, files, e), e);
    }
  }

  private static List<Path> scripts(Path folder, int depth) throws IOException {
    try (Stream<Path> files =
        Files.find(folder, depth, (file, attributes) -> attributes.isRegularFile())) {
      return files
          .filter(file -> file.toString().endsWith(".pt") || file.toString().endsWith(".pth"))
          .toList();
    }
  }
}
