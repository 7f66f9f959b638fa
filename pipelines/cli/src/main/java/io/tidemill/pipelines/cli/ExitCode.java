package io.tidemill.pipelines.cli;

/** What the process answers to its caller. */
public final class ExitCode {
  /** Done. */
  public static final int DONE = 0;

  /** It ran and failed. */
  public static final int FAILED = 1;

  /** Wrong usage, or a job that cannot run as it is written: nothing was done. */
  public static final int USAGE = 2;

  /** The model or the store is not as it should be. */
  public static final int MODEL = 3;

  /** Stopped by Ctrl-C. */
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
