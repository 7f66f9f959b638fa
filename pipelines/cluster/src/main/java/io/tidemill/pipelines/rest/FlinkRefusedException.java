package io.tidemill.pipelines.rest;

import java.io.IOException;
import java.util.List;

/** Flink's own answer that it does not do what it was asked for. */
public final class FlinkRefusedException extends IOException {
  private final int status;

  FlinkRefusedException(String path, int status, List<String> errors) {
    super("%s: %s".formatted(path, new StackTrace(String.join("\n", errors)).cause()));
    this.status = status;
  }

  /** Whether Flink has no such job, or no such page. */
  public boolean absent() {
    return status == 404;
  }

  /** Whether Flink has no such job, or one that has ended meanwhile. */
  public boolean ended() {
    return absent() || status == 409;
  }

  /** Whether it may answer in a moment, as a job, or a JobManager, is only about to begin. */
  public boolean notYet() {
    // Flink has several statuses for it.
    return status == 503 || String.valueOf(getMessage()).contains("is initializing");
  }
}
