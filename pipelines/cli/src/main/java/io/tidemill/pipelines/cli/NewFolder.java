package io.tidemill.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.file.PathUtils;

/**
 * A folder that a command fills, in which nobody has anything yet.
 *
 * @param given as the user named it
 */
record NewFolder(Path given) {
  /**
   * Checks.
   *
   * @throws CommandFailedException if there is something in it, or it is no folder
   */
  NewFolder {
    if (given.toAbsolutePath().normalize().getParent() == null) {
      throw refused(given, "the root");
    }
    try {
      if (Files.exists(given) && !PathUtils.isEmptyDirectory(given)) {
        throw refused(given, "not empty");
      }
    } catch (IOException noFolder) {
      throw refused(given, "not a folder");
    }
  }

  private static CommandFailedException refused(Path given, String why) {
    return new CommandFailedException(
        ExitCode.USAGE, given + ": " + why + " (expected: an empty folder, or none)");
  }

  /** Where it is. */
  Path path() {
    return given.toAbsolutePath().normalize();
  }
}
