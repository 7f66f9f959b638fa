package io.tidemill.pipelines.cli;

import io.tidemill.model.store.cache.CachedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill model pull}. */
@Command(
    name = "pull",
    description = {
      "Fetch a version into this machine's cache, and prove it.",
      "Jobs that start here use it from there, even while the store is away.",
      "The cache is in -Dtidemill.cache, else $TIDEMILL_CACHE, else",
      "~/.cache/tidemill/models."
    },
    mixinStandardHelpOptions = true)
final class ModelPullCommand implements Runnable {
  @Mixin private ModelArgument model;
  @Mixin private Output output;

  @Override
  public void run() {
    FoundModel found = model.find();
    try (CachedModel copy = found.cached(output, "pulling")) {
      output.print(
          ModelView.of(found.manifest(), copy.files()),
          "%s %s %s".formatted(found, copy.fetched() ? "is in" : "was already in", copy.files()));
    }
  }
}
