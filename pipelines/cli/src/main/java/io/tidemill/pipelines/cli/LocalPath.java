package io.tidemill.pipelines.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A model's file or folder as an argument names it. */
final class LocalPath {
  // A path has one slash where the URI that it was made of had two.
  private static final Pattern URI = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:/.*");

  private LocalPath() {}

  /**
   * Checks that it is there.
   *
   * @throws ParameterException if it is not
   */
  static void check(CommandSpec spec, Path path) {
    if (!Files.exists(path)) {
      String problem =
          URI.matcher(path.toString()).matches()
              ? "a URI (expected: a path of this machine; copy the model here first)"
              : "no such file or folder (expected: the model's)";
      throw new ParameterException(spec.commandLine(), path + ": " + problem);
    }
  }
}
