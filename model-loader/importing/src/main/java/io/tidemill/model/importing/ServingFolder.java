package io.tidemill.model.importing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.FoundModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** A base path of TensorFlow Serving: SavedModels in folders that are named by numbers. */
record ServingFolder(Engine engine) implements ModelFormat {
  static final String ENGINE = "tensorflow";

  @Override
  public String sought() {
    return "a base path of TensorFlow Serving (folders 1, 2, … with saved_model.pb)";
  }

  @Override
  public boolean matches(Path path) throws IOException {
    for (Path folder : new Listing(path).numbered().values()) {
      if (engine.detect(folder).isPresent()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    SortedMap<Long, Path> numbered = new Listing(path).numbered();
    long number = choose(path, numbered, workspace.options().number());
    return new EngineFormat(engine)
        .read(requireNonNull(numbered.get(number)), workspace)
        .in(
            "TensorFlow Serving base path",
            FoundModel.nameOf(path),
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
