package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;

/** A version that an argument names by its number. */
record VersionArgument(String name, SemanticVersion version) {

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  static VersionArgument parse(String text) {
    return of(ModelRef.parse(text));
  }

  /**
   * The version.
   *
   * @throws CommandFailedException if an alias is named
   */
  static VersionArgument of(ModelRef ref) {
    SemanticVersion version = ref.version();
    if (version == null) {
      throw new CommandFailedException(
          ExitCode.USAGE, "model: '" + ref + "' (expected: name:version as in fraud:1.4.2)");
    }
    return new VersionArgument(ref.name(), version);
  }

  /** {@code fraud:1.4.2}. */
  @Override
  public String toString() {
    return name + ":" + version;
  }
}
