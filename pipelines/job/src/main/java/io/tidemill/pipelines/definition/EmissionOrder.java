package io.tidemill.pipelines.definition;

/** The order in which a step emits its records. */
public enum EmissionOrder {
  /** As they came in. */
  ORDERED,
  /** As batches are scored, but never across a watermark. */
  UNORDERED;

  /** The word that users write. */
  public String label() {
    return Labels.of(this);
  }

  /**
   * Reads a {@link #label()}.
   *
   * @throws IllegalArgumentException naming the words that are allowed
   */
  public static EmissionOrder parse(String text) {
    return Labels.parse("order", text, values());
  }
}
