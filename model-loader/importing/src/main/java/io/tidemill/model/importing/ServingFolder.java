package io.tidemill.model.importing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** A base path of TensorFlow Serving: SavedModels in folders that are named by numbers. */
final class ServingFolder implements ModelFormat {
  private final SavedModelFolder savedModels = new SavedModelFolder();

  @Override
  public String sought() {
    return "a base path of TensorFlow Serving (folders 1, 2, … with saved_model.pb)";
  }

  @Override
  public boolean matches(Path path) throws IOException {
    return new Listing(path)
        .numbered().values().stream()
            .anyMatch(folder -> Files.isRegularFile(folder.resolve(SavedModelFolder.FILE)));
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    SortedMap<Long, Path> numbered = new Listing(path).numbered();
    long number = choose(path, numbered, workspace.options().number());
    return savedModels
        .read(requireNonNull(numbered.get(number)), workspace)
        .in(
            "TensorFlow Serving base path",
            Listing.name(path),
            new SemanticVersion(number, 0, 0, ""));
  }

  /** The version that is asked for, else the highest. */
  static long choose(Path path, SortedMap<Long, Path> numbered, @Nullable Long number) {
    if (number == null) {
      return numbered.lastKey();
    }
    if (!numbered.containsKey(number)) {
      throw new InvalidModelException(
          "%s: no version %d (expected: one of %s)".formatted(path, number, numbered.keySet()));
    }
    return number;
  }
}
