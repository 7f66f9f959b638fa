package io.tidemill.model.engine;

import io.tidemill.model.Signature;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An engine for tests that loads models and knows nothing of files. */
public interface LoadingEngine extends Engine {
  @Override
  default String name() {
    return "fake";
  }

  @Override
  default String sought() {
    return "nothing";
  }

  @Override
  default Optional<FoundModel> detect(Path path) {
    return Optional.empty();
  }

  @Override
  default Optional<Signature> signature(Path files) {
    return Optional.empty();
  }

  @Override
  default List<String> check(Path files, Signature given) {
    return List.of();
  }
}
