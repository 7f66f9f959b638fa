package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.unit.PackedUnit;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --store}, and what stands in for it. */
final class StoreOption {
  private final Map<String, String> environment;

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

  StoreOption(Caller caller) {
    this.environment = caller.environment();
  }

  /** Whether the option itself is given. */
  boolean given() {
    return uri != null;
  }

  /** Whether someone says which it is; else it is a folder that may not be there. */
  boolean named() {
    return given() || !environment.getOrDefault(JobOptions.STORE_VARIABLE, "").isEmpty();
  }

  /**
   * The store.
   *
   * @throws CommandFailedException if the URI is none
   */
  ModelStore open() {
    return open(ModelStore::open);
  }

  /**
   * The store of units in it.
   *
   * @throws CommandFailedException if the URI is none
   */
  ModelStore openUnits() {
    return open(PackedUnit::storeIn);
  }

  private ModelStore open(Function<String, ModelStore> opening) {
    try {
      return opening.apply(uri == null ? JobOptions.storeFallback(environment) : uri);
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }
}
