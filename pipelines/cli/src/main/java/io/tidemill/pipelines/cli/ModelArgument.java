package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The version that a command is about, and the store that has it. */
final class ModelArgument {
  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "As in fraud:1.4.2 or fraud@production.")
  private ModelRef ref;

  @Mixin private StoreOption store;

  /** As it was given. */
  ModelRef ref() {
    return ref;
  }

  StoreOption store() {
    return store;
  }

  FoundModel find() {
    return FoundModel.of(store.open(), ref);
  }
}
