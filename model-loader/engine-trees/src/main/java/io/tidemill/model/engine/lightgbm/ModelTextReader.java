package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.InvalidModelException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text model before LightGBM does, to prove what LightGBM takes on trust: that the file is
 * whole, that each tree begins where the header says, and that nothing in it leads outside.
 *
 * <p>Numbers that no index or size depends on are for LightGBM to refuse.
 */
final class ModelTextReader {
  private static final int MOST_FEATURES = 1 << 24;
  private static final int MOST_CLASSES = 1 << 16;
  private static final String EXPECTED =
      "expected: what Booster.save_model(\"model.txt\") wrote, whole";

  private final String subject;
  private final Path file;
  private final TextLines lines;
  private int trees;
  private String line = "";

  private ModelTextReader(String subject, Path file, TextLines lines) {
    this.subject = subject;
    this.file = file;
    this.lines = lines;
  }

  /**
   * Reads a model.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if it is none, is cut off or damaged
   */
  static ModelText read(String subject, Path file) {
    try (TextLines lines = new TextLines(file)) {
      return new ModelTextReader(subject, file, lines).read();
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s cannot be read: %s (%s)".formatted(subject, file, e, EXPECTED), e);
    }
  }

  private ModelText read() throws IOException {
    boolean begun = false;
    try {
      begun = "tree".equals(lines.next());
      if (begun) {
        return readModel();
      }
      throw invalid("does not begin with the line 'tree'", null);
    } catch (EOFException e) {
      throw invalid(
          begun
              ? "is cut off: it has no line 'end of trees'"
              : "does not begin with the line 'tree'",
          e);
    } catch (IllegalArgumentException wrong) {
      String what = String.valueOf(wrong.getMessage());
      throw invalid(trees == 0 ? what : "tree %d %s".formatted(trees - 1, what), wrong);
    }
  }

  private ModelText readModel() throws IOException {
    TextFields header = header();
    int features = within("features", header.number("max_feature_idx") + 1L, MOST_FEATURES);
    int classes = within("classes", header.number("num_class"), MOST_CLASSES);
    checkClasses(header, classes);
    int[] sizes = header.numbers("tree_sizes");
    for (int size : sizes) {
      if (isEnd()) {
        break;
      }
      tree(size, features);
    }
    if (trees == 0 || trees != sizes.length || !isEnd()) {
      int there = trees;
      trees = 0;
      throw new IllegalArgumentException(
          "has %s trees but announces %d".formatted(isEnd() ? there : "more", sizes.length));
    }
    trees = 0;
    if (lines.hasZero()) {
      throw new IllegalArgumentException("has a byte 0 behind its trees");
    }
    return new ModelText(file, features, classes, sizes.length, lines.isAsWritten());
  }

  private boolean isEnd() {
    return line.equals("end of trees") || isOldEnd();
  }

  /** LightGBM before 2.1.2 goes on after a blank line. */
  private boolean isOldEnd() {
    return line.equals("feature importances:");
  }

  private TextFields header() throws IOException {
    TextFields header = new TextFields();
    line = lines.next();
    while (!line.startsWith("Tree=") && !isEnd()) {
      if (!line.isEmpty()) {
        header.add(line, true);
      }
      line = lines.next();
    }
    return header;
  }

  /** A prediction has room for one value per class, whatever the trees and the objective say. */
  private static void checkClasses(TextFields header, int classes) {
    if (header.has("num_tree_per_iteration")
        && header.number("num_tree_per_iteration") != classes) {
      throw new IllegalArgumentException(
          "has %d classes and %s trees for one iteration"
              .formatted(classes, header.text("num_tree_per_iteration")));
    }
    if (header.has("objective")) {
      for (String word : header.words("objective")) {
        if (word.contains("num_class") && !word.equals("num_class:" + classes)) {
          throw new IllegalArgumentException(
              "has %d classes and the objective '%s'".formatted(classes, header.text("objective")));
        }
      }
    }
  }

  // At the line that begins a tree; afterwards at the one that begins the next.
  private void tree(int size, int features) throws IOException {
    long start = lines.start();
    trees++;
    if (!line.startsWith("Tree=")) {
      throw new IllegalArgumentException("begins with the line '" + line + "'");
    }
    TextFields tree = new TextFields();
    for (line = lines.next(); !line.isEmpty(); line = lines.next()) {
      tree.add(line, false);
    }
    while (line.isEmpty()) {
      line = lines.next();
    }
    long bytes = lines.start() - start - (isOldEnd() ? 1 : 0);
    if (bytes != size) {
      throw new IllegalArgumentException(
          "has %d bytes, not the %d that are announced".formatted(bytes, size));
    }
    TreeCheck.check(tree, features);
  }

  private static int within(String what, long count, int most) {
    if (count < 1 || count > most) {
      throw new IllegalArgumentException(
          "has %d %s, which must be 1 to %d".formatted(count, what, most));
    }
    return (int) count;
  }

  private InvalidModelException invalid(String problem, @Nullable Throwable cause) {
    return new InvalidModelException(
        "%s: %s %s (%s)".formatted(subject, file.getFileName(), problem, EXPECTED), cause);
  }
}
