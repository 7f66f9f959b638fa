package io.tidemill.pipelines.definition;

/** Whether a job waits for more records or ends with its input. */
public enum ExecutionMode {
  /** Runs until it is stopped; records leave as soon as their batch is scored. */
  STREAMING,
  /** Reads a bounded input to its end. */
  BATCH;

  /** The word that users write. */
  public String label() {
    return Labels.of(this);
  }

  /**
   * Reads a {@link #label()}.
   *
   * @throws IllegalArgumentException naming the words that are allowed
   */
  public static ExecutionMode parse(String text) {
    return Labels.parse("mode", text, values());
  }
}
