package io.tidemill.model.engine;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A path that a file of a model names.
 *
 * @param folder of the model, out of which it must not lead
 * @param name as it is in the file
 */
public record NamedPath(Path folder, String name) {
  /** Where it leads; empty if that is outside of the folder, or it is no path on this machine. */
  public Optional<Path> inside() {
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
