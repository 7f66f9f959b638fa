package io.tidemill.connectors.options;

/**
 * How a source reads its files, beside its connector's own options. Immutable.
 *
 * @param corruptToDeadLetters whether what cannot be read of a file whose contents are corrupt
 *     becomes a dead letter; otherwise it fails the job
 */
public record FileReading(boolean corruptToDeadLetters) {
  /** The option that says what becomes of a corrupt file, beside a connector's own. */
  public static final String ON_CORRUPT_FILE = "on-corrupt-file";

  /** As files are read where nothing is said. */
  public static final FileReading USUAL = new FileReading(false);

  /** Whether nothing was asked for. */
  public boolean isUsual() {
    return equals(USUAL);
  }

  /** What of it is not usual, behind what a plan says of a source. */
  public String guarantee() {
    return corruptToDeadLetters ? "; what cannot be read of a corrupt file is one dead letter" : "";
  }

  /** Refuses all that is not usual, for a connector that reads no files of its own. */
  public void refuse(OptionCheck check) {
    if (corruptToDeadLetters) {
      check.refuse(
          ON_CORRUPT_FILE,
          "not taken by '%s' (expected: connector: filesystem)",
          check.options().connector());
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
