package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

/**
 * How a source reads its files.
 *
 * @param onCorrupt what becomes of a file whose contents are corrupt
 * @param whole whether each has one reader, which keeps the order of its records
 */
public record FilesDefinition(OnCorrupt onCorrupt, boolean whole) {
  /** As files are read where nothing is said. */
  public static final FilesDefinition DEFAULT = new FilesDefinition(OnCorrupt.FAIL, false);

  /** What becomes of a file whose contents are corrupt. */
  public enum OnCorrupt {
    /** It fails the job. */
    FAIL,
    /** What cannot be read of it becomes a dead letter. */
    DEAD_LETTER
  }

  public FilesDefinition {
    requireNonNull(onCorrupt, "onCorrupt");
  }
}
