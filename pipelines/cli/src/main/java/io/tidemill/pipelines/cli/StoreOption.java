package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.ModelStores;
import io.tidemill.pipelines.JobOptions;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --store}, and what stands in for it. */
final class StoreOption {
  @Option(
      names = JobOptions.STORE,
      paramLabel = "URI",
      description = {
        "The model store: a folder, or a URI as in",
        "s3://models/tidemill or",
        "oci://registry.example.com/models.",
        "Default: $" + JobOptions.STORE_VARIABLE + ", else " + JobOptions.STORE_DEFAULT + "."
      })
  private @Nullable String uri;

  /** The URI that was given, if one was. */
  Optional<String> given() {
    return Optional.ofNullable(uri);
  }

  /**
   * The store.
   *
   * @throws CommandFailedException if the URI is none
   */
  ModelStore open(Map<String, String> environment) {
    return open(given().orElseGet(() -> JobOptions.storeFallback(environment)));
  }

  static ModelStore open(String uri) {
    try {
      return ModelStores.open(uri);
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(
          ExitCode.USAGE, String.valueOf(refused.getMessage()), refused);
    }
  }
}
