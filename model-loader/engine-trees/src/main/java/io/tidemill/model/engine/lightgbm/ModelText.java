package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a model in LightGBM's text format says of itself, read without LightGBM.
 *
 * @param file the model
 * @param features columns of its input
 * @param classes values of a prediction
 */
record ModelText(Path file, int features, int classes) {
  private static final String EXPECTED =
      "expected: what Booster.save_model(\"model.txt\") wrote, whole";

  /**
   * Reads a model.
   *
   * @param subject what messages begin with
   * @param files the file itself, or a folder with a single {@code .txt} in it
   * @throws InvalidModelException if it is none, or is cut off or damaged
   */
  static ModelText read(String subject, Path files) {
    return ModelTextReader.read(subject, find(subject, files));
  }

  private static Path find(String subject, Path files) {
    if (Files.isRegularFile(files)) {
      return files;
    }
    try (Stream<Path> children = Files.list(files)) {
      List<Path> found =
          children
              .filter(child -> Files.isRegularFile(child) && child.toString().endsWith(".txt"))
              .sorted()
              .toList();
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d files named .txt in %s (expected: 1; save it with Booster.save_model(\"model.txt\"))"
              .formatted(subject, found.size(), files));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s is no file and no folder that can be read: %s (%s)"
              .formatted(subject, files, e, EXPECTED),
          e);
    }
  }

  /** The input as single-precision floats; a manifest may say double instead. */
  Signature signature() {
    TensorSpec prediction =
        classes == 1
            ? TensorSpec.of("prediction", ElementType.FLOAT64, -1)
            : TensorSpec.of("prediction", ElementType.FLOAT64, -1, classes);
    return new Signature(
        List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, features)), List.of(prediction));
  }
}
