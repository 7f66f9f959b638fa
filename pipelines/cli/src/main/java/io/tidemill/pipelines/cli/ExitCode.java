package io.tidemill.pipelines.cli;

/** What the process answers to its caller. */
enum ExitCode {
  /** Done. */
  DONE(0),

  /** It ran and failed. */
  FAILED(1),

  /** Wrong usage, or a job that cannot run as it is written: nothing was done. */
  USAGE(2),

  /** The model or the store is not as it should be. */
  MODEL(3),

  /** The input of a date is not there yet: the same command may do later. */
  NOT_YET(4),

  /** A run for a date is held by a gate, until a person publishes or discards it. */
  HELD(5),

  /** Stopped by Ctrl-C. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
