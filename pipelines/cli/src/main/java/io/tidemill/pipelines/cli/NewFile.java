package io.tidemill.pipelines.cli;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A file that a command writes, and that is not there yet.
 *
 * @param given as the user named it
 */
record NewFile(Path given) {
  /**
   * Checks.
   *
   * @throws CommandFailedException if it is there
   */
  NewFile {
    if (Files.exists(given, LinkOption.NOFOLLOW_LINKS)) {
      throw new CommandFailedException(ExitCode.USAGE, given + ": exists (expected: a new file)");
    }
  }

  /** Where it is to be. */
  Path path() {
    return given.toAbsolutePath().normalize();
  }
}
