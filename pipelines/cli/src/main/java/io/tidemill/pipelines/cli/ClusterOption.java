package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.FlinkCluster;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The cluster that a command speaks to. */
final class ClusterOption {
  private static final String VARIABLE = "TIDEMILL_REST";
  private static final String DEFAULT = "http://localhost:8081";

  private final Caller caller;

  @Option(
      names = "--rest",
      paramLabel = "URL",
      description = {
        "The cluster, by the address of its web UI.",
        "Default: $" + VARIABLE + ", else " + DEFAULT + "."
      })
  private @Nullable URI rest;

  ClusterOption(Caller caller) {
    this.caller = caller;
  }

  FlinkCluster cluster() {
    URI given = rest;
    if (given != null) {
      return FlinkCluster.at(given);
    }
    String variable = caller.environment().getOrDefault(VARIABLE, "");
    try {
      return FlinkCluster.at(URI.create(variable.isEmpty() ? DEFAULT : variable));
    } catch (IllegalArgumentException malformed) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "%s: '%s' (expected: the address of a JobManager, as in %s)"
              .formatted(VARIABLE, variable, DEFAULT),
          malformed);
    }
  }

  /** The words by which another command is told the same, without a password. */
  String words() {
    return rest == null ? "" : " --rest " + FlinkCluster.at(rest);
  }
}
