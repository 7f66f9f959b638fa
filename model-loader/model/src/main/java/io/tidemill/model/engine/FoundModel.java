package io.tidemill.model.engine;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Set;

/**
 * What of a path is a model.
 *
 * @param title what it is, as in {@code ONNX file}
 * @param files the file or folder
 * @param name what its engine expects that to be called
 * @param others files that it needs besides, relative to the folder that it is in
 */
public record FoundModel(String title, Path files, String name, Set<String> others) {
  public FoundModel {
    requireNonNull(title, "title");
    requireNonNull(files, "files");
    requireNonNull(name, "name");
    others = Set.copyOf(others);
  }

  /** A model that is published as it is. */
  public static FoundModel of(String title, Path files) {
    return new FoundModel(title, files, nameOf(files), Set.of());
  }

  /** The same under another name. */
  public FoundModel called(String other) {
    return new FoundModel(title, files, other, others);
  }

  /** The same, and files that it needs besides. */
  public FoundModel with(Set<String> more) {
    return new FoundModel(title, files, name, more);
  }

  /** Whether it can be published as it is. */
  public boolean isWhole() {
    return others.isEmpty() && name.equals(nameOf(files));
  }

  /** The last name of a path, also of one as {@code .} that does not say it. */
  public static String nameOf(Path path) {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }
}
