package io.tidemill.pipelines.definition;

/** What happens to a record with a null in a field that the model needs. */
public enum NullPolicy {
  /** It becomes a dead letter. */
  DEAD_LETTER,
  /** The task fails. */
  FAIL,
  /** It passes through without a score: the output fields are null. */
  SKIP;

  /** The word that users write. */
  public String label() {
    return Labels.of(this);
  }

  /**
   * Reads a {@link #label()}.
   *
   * @throws IllegalArgumentException naming the words that are allowed
   */
  public static NullPolicy parse(String text) {
    return Labels.parse("null-input", text, values());
  }
}
