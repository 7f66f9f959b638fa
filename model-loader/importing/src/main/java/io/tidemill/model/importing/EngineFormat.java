package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.FoundModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What an engine takes for one of its models. */
record EngineFormat(Engine engine) implements ModelFormat {

  @Override
  public String sought() {
    return engine.sought();
  }

  @Override
  public boolean matches(Path path) throws IOException {
    return engine.detect(path).isPresent();
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    Optional<FoundModel> found = engine.detect(path);
    if (found.isEmpty()) {
      throw new InvalidModelException(
          "%s: %s (expected: %s)".formatted(path, new Listing(path).described(), engine.sought()));
    }
    Path files = workspace.taken(path, found.get());
    Signature signature = workspace.signature(files, engine);
    return DetectedModel.of(
        found.get().title(), workspace.sampled(files, engine, signature), engine.name(), signature);
  }
}
