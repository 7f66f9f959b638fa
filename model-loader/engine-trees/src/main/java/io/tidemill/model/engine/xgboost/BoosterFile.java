package io.tidemill.model.engine.xgboost;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Which of a version's files is the model: the only one named {@code .json} or {@code .ubj}. */
final class BoosterFile {
  private BoosterFile() {}

  /**
   * The model's file.
   *
   * @param subject what messages begin with
   * @param files the file itself, or the folder it is in
   * @throws InvalidModelException if there is none or more than one
   */
  static Path find(String subject, Path files) {
    if (isModel(files)) {
      return files;
    }
    try (Stream<Path> children = Files.list(files)) {
      List<Path> found = children.filter(BoosterFile::isModel).sorted().toList();
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d files named .json or .ubj in %s (expected: 1; save it with Booster.save_model(\"model.ubj\"))"
              .formatted(subject, found.size(), files));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s is no file named .json or .ubj and no folder that can be read: %s (expected: what Booster.save_model(\"model.ubj\") wrote)"
              .formatted(subject, files, e),
          e);
    }
  }

  private static boolean isModel(Path file) {
    String name = file.toString();
    return Files.isRegularFile(file) && (name.endsWith(".json") || name.endsWith(".ubj"));
  }
}
