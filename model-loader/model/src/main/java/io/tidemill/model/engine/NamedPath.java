package io.tidemill.model.engine;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** A path that a file of a model names, and that must not lead out of the model's folder. */
public final class NamedPath {
  private NamedPath() {}

  /** Where it leads from a folder; empty if that is outside, or it is no path on this machine. */
  public static Optional<Path> in(Path folder, String name) {
    try {
      Path path = folder.resolve(name).normalize();
      return path.toAbsolutePath().startsWith(folder.toAbsolutePath().normalize())
          ? Optional.of(path)
          : Optional.empty();
    } catch (InvalidPathException noPath) {
      // With a zero in it, or with letters that the process's locale does not have.
      return Optional.empty();
    }
  }
}
