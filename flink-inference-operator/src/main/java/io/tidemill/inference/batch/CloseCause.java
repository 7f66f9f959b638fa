package io.tidemill.inference.batch;

/** Why no more records enter a batch. */
public enum CloseCause {
  /** It holds {@code max-size} records. */
  SIZE,
  /** The next record would take it past {@code max-bytes}. */
  BYTES,
  /** Its first record has waited for {@code max-delay}. */
  DEADLINE,
  /** No more records come. */
  END_OF_INPUT,
  /** Its records came together, as columns. */
  TOGETHER,
  /** No further record comes before one of its own is answered. */
  ALL_WAITING
}
