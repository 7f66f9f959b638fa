package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A version that an argument names by its number. */
record VersionArgument(String name, SemanticVersion version) {

  /**
   * The version.
   *
   * @throws ParameterException if the argument names an alias
   */
  static VersionArgument of(CommandSpec spec, @Nullable ModelRef ref) {
    SemanticVersion version = ref == null ? null : ref.version();
    if (ref == null || version == null) {
      throw new ParameterException(
          spec.commandLine(), "model: '" + ref + "' (expected: name:version as in fraud:1.4.2)");
    }
    return new VersionArgument(ref.name(), version);
  }

  /** The manifest of what an argument means, by its number or an alias. */
  static ModelManifest manifest(CommandSpec spec, ModelStore store, @Nullable ModelRef ref) {
    if (ref == null) {
      throw new ParameterException(spec.commandLine(), "model: none (expected: one)");
    }
    ModelVersion version = store.resolve(ref);
    return store.manifest(version.name(), version.version());
  }

  /** Those of a model's aliases that mean a version. */
  static List<String> namesOf(SemanticVersion version, Map<String, SemanticVersion> aliases) {
    return aliases.entrySet().stream()
        .filter(alias -> alias.getValue().equals(version))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** {@code fraud:1.4.2}. */
  @Override
  public String toString() {
    return name + ":" + version;
  }
}
