package io.tidemill.pipelines.cli;

import java.util.List;

/** A way to begin the same command anew in a JVM with other options. */
interface Restart {
  /** Where a command is no process of its own. */
  Restart NONE = (options, words, before) -> {};

  /**
   * Begins the command anew in the place of this JVM; comes back only where that cannot be done,
   * and nothing has been.
   *
   * @param options of the JVM
   * @param words an option with its value, in the place of its own that the command has; or none
   * @param before what is left to do in this one, as nothing runs at its end
   * @throws CommandFailedException if it failed afterwards; this JVM can go on
   */
  void with(List<String> options, List<String> words, Runnable before);
}
