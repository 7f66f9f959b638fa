package io.tidemill.pipelines.cli;

import picocli.CommandLine.Option;

/** The option {@code --dry-run}. */
final class DryRunOption {
  @Option(
      names = "--dry-run",
      description = "Check everything, say what would be done, and change nothing.")
  private boolean dryRun;

  boolean asked() {
    return dryRun;
  }
}
