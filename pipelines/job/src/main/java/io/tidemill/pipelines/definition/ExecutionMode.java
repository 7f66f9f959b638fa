package io.tidemill.pipelines.definition;

import java.util.Locale;

/** Whether a job waits for more records or ends with its input. */
public enum ExecutionMode {
  /** Runs until it is stopped; records leave as soon as their batch is scored. */
  STREAMING,
  /** Reads a bounded input to its end. */
  BATCH;

  /** The word that users write. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
