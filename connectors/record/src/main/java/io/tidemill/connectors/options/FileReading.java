package io.tidemill.connectors.options;

import java.util.Map;
import java.util.TreeMap;

/**
 * How a source reads its files, beside its connector's own options. Immutable.
 *
 * @param corruptToDeadLetters whether what cannot be read of a file whose contents are corrupt
 *     becomes a dead letter; otherwise it fails the job
 * @param whole whether each file has one reader, which keeps the order of its records; otherwise a
 *     large file may have several
 */
public record FileReading(boolean corruptToDeadLetters, boolean whole) {
  /** The option that says what becomes of a corrupt file, beside a connector's own. */
  public static final String ON_CORRUPT_FILE = "on-corrupt-file";

  /** The option that has each file read by one reader, beside a connector's own. */
  public static final String WHOLE_FILES = "whole-files";

  /** As files are read where nothing is said. */
  public static final FileReading USUAL = new FileReading(false, false);

  /** Whether nothing was asked for. */
  public boolean isUsual() {
    return equals(USUAL);
  }

  /** What of it is not usual, behind what a plan says of a source. */
  public String guarantee() {
    return (whole ? "; each file is read by one reader, in its order" : "")
        + (corruptToDeadLetters
            ? "; what cannot be read of a corrupt file is one dead letter"
            : "");
  }

  /** The options that are not as usual, as they are written. */
  public Map<String, String> asked() {
    Map<String, String> asked = new TreeMap<>();
    if (corruptToDeadLetters) {
      asked.put(ON_CORRUPT_FILE, "dead-letter");
    }
    if (whole) {
      asked.put(WHOLE_FILES, "true");
    }
    return asked;
  }

  /** Refuses all that is not usual, for a connector that reads no files of its own. */
  public void refuse(OptionCheck check) {
    for (String key : asked().keySet()) {
      check.refuse(
          key, "not taken by '%s' (expected: connector: filesystem)", check.options().connector());
    }
  }

  /** Refuses dead letters in a job that has no sink for them. */
  public void refuseWithout(boolean deadLetters, OptionCheck check) {
    if (corruptToDeadLetters && !deadLetters) {
      check.refuse(
          ON_CORRUPT_FILE,
          "dead-letter in a job without a dead-letter sink (expected: fail, or a 'dead-letter' that"
              + " says where such files are told of)");
    }
  }
}
