package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a model in LightGBM's text format says of itself, read without LightGBM.
 *
 * <p>The whole file is read once, because LightGBM does not notice everywhere that one is cut off.
 *
 * @param file the model
 * @param features columns of its input
 * @param classes values of a prediction
 */
record ModelText(Path file, int features, int classes) {
  private static final int MOST_FEATURES = 1 << 24;
  private static final int MOST_CLASSES = 1 << 16;
  private static final String EXPECTED =
      "expected: what Booster.save_model(\"model.txt\") wrote, whole";

  /**
   * Reads a model.
   *
   * @param subject what messages begin with
   * @param files the file itself, or a folder with a single {@code .txt} in it
   * @throws InvalidModelException if it is none, or is cut off
   */
  static ModelText read(String subject, Path files) {
    Path file = find(subject, files);
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      if (!"tree".equals(lines.readLine())) {
        throw invalid(subject, file, "does not begin with the line 'tree'");
      }
      return read(subject, file, lines);
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s cannot be read: %s (%s)".formatted(subject, file, e, EXPECTED), e);
    }
  }

  private static ModelText read(String subject, Path file, BufferedReader lines)
      throws IOException {
    int highestFeature = -1;
    int classes = 0;
    int announced = 0;
    int trees = 0;
    boolean header = true;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("end of trees")) {
        if (trees == 0 || trees != announced) {
          throw invalid(subject, file, "has %d trees but announces %d".formatted(trees, announced));
        }
        return new ModelText(
            file,
            within(subject, file, "features", highestFeature + 1, MOST_FEATURES),
            within(subject, file, "classes", classes, MOST_CLASSES));
      } else if (line.startsWith("Tree=")) {
        header = false;
        trees++;
      } else if (header && line.startsWith("max_feature_idx=")) {
        highestFeature = number(subject, file, line);
      } else if (header && line.startsWith("num_class=")) {
        classes = number(subject, file, line);
      } else if (header && line.startsWith("tree_sizes=")) {
        announced = line.substring(line.indexOf('=') + 1).strip().split(" +", -1).length;
      }
    }
    throw invalid(subject, file, "is cut off: it has no line 'end of trees'");
  }

  private static int number(String subject, Path file, String line) {
    try {
      return Integer.parseInt(line.substring(line.indexOf('=') + 1).strip());
    } catch (NumberFormatException notANumber) {
      throw invalid(subject, file, "has the line '" + line + "'");
    }
  }

  private static int within(String subject, Path file, String what, int count, int most) {
    if (count < 1 || count > most) {
      throw invalid(subject, file, "has %d %s, which must be 1 to %d".formatted(count, what, most));
    }
    return count;
  }

  private static InvalidModelException invalid(String subject, Path file, String problem) {
    return new InvalidModelException(
        "%s: %s %s (%s)".formatted(subject, file.getFileName(), problem, EXPECTED));
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
