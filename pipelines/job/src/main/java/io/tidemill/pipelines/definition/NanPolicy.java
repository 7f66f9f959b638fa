package io.tidemill.pipelines.definition;

/** What happens to a record whose prediction holds NaN or an infinity. */
public enum NanPolicy {
  /** It is a prediction like any other. */
  KEEP,
  /** It becomes a dead letter. */
  DEAD_LETTER,
  /** The task fails. */
  FAIL;

  /** The word that users write. */
  public String label() {
    return Labels.of(this);
  }

  /**
   * Reads a {@link #label()}.
   *
   * @throws IllegalArgumentException naming the words that are allowed
   */
  public static NanPolicy parse(String text) {
    return Labels.parse("on-nan", text, values());
  }
}
