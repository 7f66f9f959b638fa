package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.ModelStores;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --store}, and what stands in for it. */
final class StoreOption {
  static final String NAME = "--store";
  static final String VARIABLE = "TIDEMILL_STORE";
  static final String DEFAULT = "./models";

  @Option(
      names = NAME,
      paramLabel = "URI",
      description = {
        "The model store: a folder, or a URI as in",
        "s3://models/tidemill or",
        "oci://registry.example.com/models.",
        "Default: $" + VARIABLE + ", else " + DEFAULT + "."
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
    return open(given().orElseGet(() -> fallback(environment)));
  }

  /** What is used where nothing is said. */
  static String fallback(Map<String, String> environment) {
    String variable = environment.getOrDefault(VARIABLE, "");
    return variable.isEmpty() ? DEFAULT : variable;
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
