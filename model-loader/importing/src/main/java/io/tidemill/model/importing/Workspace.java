package io.tidemill.model.importing;

import io.tidemill.model.engine.SignatureReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one import works with: the signature readers that are here, and a temporary folder, made
 * when it is first needed and deleted in the end.
 *
 * <p>Not thread-safe.
 */
final class Workspace implements AutoCloseable {
  private final Function<String, Optional<SignatureReader>> readers;
  private @Nullable Path folder;

  Workspace(Function<String, Optional<SignatureReader>> readers) {
    this.readers = readers;
  }

  Optional<SignatureReader> reader(String engine) {
    return readers.apply(engine);
  }

  Path folder() throws IOException {
    Path there = folder;
    if (there == null) {
      there = Files.createTempDirectory("tidemill-import-");
      folder = there;
    }
    return there;
  }

  /** A copy of a file under the name that its engine looks for. */
  Path renamed(Path file, String name) throws IOException {
    return Files.copy(file, Files.createTempDirectory(folder(), "renamed-").resolve(name));
  }

  /**
   * A folder with a file and others that it needs.
   *
   * @param others relative to the folder that the file is in
   */
  Path gathered(Path file, Set<String> others) throws IOException {
    Path target = Files.createTempDirectory(folder(), "gathered-");
    Path source = file.toAbsolutePath().resolveSibling("");
    take(file, target.resolve(Listing.name(file)));
    for (String other : others) {
      take(source.resolve(other), target.resolve(other));
    }
    return target;
  }

  /** Links are for nothing and may be impossible; weights are large. */
  private static void take(Path file, Path target) throws IOException {
    Files.createDirectories(target.resolveSibling(""));
    try {
      Files.createLink(target, file.toRealPath());
    } catch (IOException | UnsupportedOperationException e) {
      Files.copy(file, target);
    }
  }

  @Override
  public void close() throws IOException {
    if (folder == null) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> content = Files.walk(folder)) {
      paths = content.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
