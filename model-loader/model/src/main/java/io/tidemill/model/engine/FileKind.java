package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A kind of model that is one file: it is told by its content where someone brings it, and found by
 * its name among the files of a version.
 *
 * @param title as in {@code ONNX file}
 * @param known how it is told, for a message
 * @param suffixes what a version's file may end in; one of another name is published under the
 *     first
 * @param content whether a file is one
 */
public record FileKind(String title, String known, List<String> suffixes, ContentTest content) {
  private static final Set<String> CLUTTER = Set.of(".git", ".DS_Store", "__MACOSX");

  /** Whether a file is of a kind, by its content. */
  @FunctionalInterface
  public interface ContentTest {
    boolean of(Path file) throws IOException;
  }

  public FileKind {
    suffixes = List.copyOf(suffixes);
  }

  /** The first bytes of a file as characters, one each. */
  public static String start(Path file, int bytes) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
    }
  }

  /** For messages, as in {@code ONNX file (named .onnx)}. */
  public String sought() {
    return "%s (%s)".formatted(title, known);
  }

  /**
   * The only file of this kind at a path, or in the folder that it is.
   *
   * @throws InvalidModelException if there are several
   */
  public Optional<FoundModel> detect(Path path) throws IOException {
    List<Path> models = new ArrayList<>();
    for (Path file : Files.isDirectory(path) ? children(path) : List.of(path)) {
      if (Files.isRegularFile(file) && content.of(file)) {
        models.add(file);
      }
    }
    if (models.size() > 1) {
      throw new InvalidModelException(
          "%s: %s (expected: one %s, %s); name the file"
              .formatted(path, models.stream().map(FoundModel::nameOf).toList(), title, known));
    }
    return models.stream().findFirst().map(this::found);
  }

  private FoundModel found(Path file) {
    String name = FoundModel.nameOf(file).toLowerCase(Locale.ROOT);
    return suffixes.stream().anyMatch(name::endsWith)
        ? FoundModel.of(title, file)
        : new FoundModel(title, file, "model" + suffixes.get(0), Set.of());
  }

  /**
   * The only file of this kind among a version's, by its name: the path itself, one in that folder,
   * or one in a folder there.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if there is none or more than one
   */
  public Path find(String subject, Path files) {
    if (Files.isRegularFile(files)) {
      return files;
    }
    try {
      List<Path> found = named(files, 1);
      if (found.isEmpty()) {
        found = named(files, 2);
      }
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d files named %s in %s (expected: 1 %s)"
              .formatted(subject, found.size(), String.join(" or ", suffixes), files, sought()));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s is no file and no folder that can be read: %s (expected: %s)"
              .formatted(subject, files, e, sought()),
          e);
    }
  }

  private List<Path> named(Path folder, int depth) throws IOException {
    try (Stream<Path> files =
        Files.find(folder, depth, (file, attributes) -> attributes.isRegularFile())) {
      return files
          .filter(file -> !isClutter(file))
          .filter(file -> suffixes.stream().anyMatch(file.toString()::endsWith))
          .sorted()
          .toList();
    }
  }

  /** Whether a file or folder is what tools leave behind, and part of no model. */
  public static boolean isClutter(Path path) {
    String name = FoundModel.nameOf(path);
    return CLUTTER.contains(name) || name.startsWith("._");
  }

  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.filter(child -> !isClutter(child)).sorted().toList();
    }
  }
}
