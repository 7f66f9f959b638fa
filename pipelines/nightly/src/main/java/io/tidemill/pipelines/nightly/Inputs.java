package io.tidemill.pipelines.nightly;

import java.util.List;
import java.util.Optional;

/** The files that a source reads. Implementations are immutable. */
interface Inputs {
  /** Where they are, for a message. */
  String place();

  /** What would be there, for a message. */
  String expected();

  /**
   * The files as they are now, as Flink's source finds them, by path. Blocks on the file system.
   *
   * @return empty if there is nothing yet that could be read
   * @throws NightlyException if it cannot be told
   */
  Optional<List<InputFile>> list();

  /** Whether the list is another one once what is read has changed. */
  default boolean tellsChanges() {
    return true;
  }
}
