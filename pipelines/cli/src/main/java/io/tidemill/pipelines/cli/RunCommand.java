package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.EmbeddedFlink;
import io.tidemill.pipelines.compose.EmbeddedJob;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ExecutionMode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill run}: a job on embedded Flink, until its input ends or Ctrl-C. */
@Command(
    name = "run",
    description = {
      "Run a job inside this process, until its input ends or Ctrl-C.",
      "Flink's web UI is on 127.0.0.1:8081, or on a free port if that is taken."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private static final Duration BROKER_LIMIT = Duration.ofSeconds(5);
  private static final Duration CANCEL_LIMIT = Duration.ofSeconds(20);

  private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

  private final Caller caller;

  @Spec private CommandSpec spec;
  @Mixin private JobOptions job;
  @Mixin private ResumeOptions resume;

  RunCommand(Caller caller) {
    this.caller = caller;
  }

  @Override
  public Integer call() throws InterruptedException {
    PlannedPipeline pipeline = job.plan(caller.environment(), resume.flinkOptions());
    if (resume.given() && pipeline.definition().mode() == ExecutionMode.BATCH) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--from-savepoint: job '%s' is a batch job (expected: mode: streaming)"
              .formatted(pipeline.definition().name()));
    }
    checkBrokers(pipeline);
    PrintWriter err = spec.commandLine().getErr();
    EmbeddedJob running = EmbeddedFlink.start(pipeline);
    Thread stop = new Thread(() -> stop(running, err), "tidemill-stop");
    Runtime.getRuntime().addShutdownHook(stop);
    err.printf(
        "%s runs with %s; web UI %s; Ctrl-C stops it%n",
        pipeline.definition().name(),
        pipeline.models().stream().map(String::valueOf).collect(Collectors.joining(", ")),
        running.webInterface());
    try {
      if (!running.await()) {
        return ExitCode.INTERRUPTED.number();
      }
    } finally {
      forget(stop);
    }
    err.printf("%s has finished%n", pipeline.definition().name());
    return ExitCode.DONE.number();
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      LOG.debug("the process ends, and the hook runs", shuttingDown);
    }
  }

  /**
   * A broker that is not there is one message before the start, not a stack of retries after it.
   */
  private static void checkBrokers(PlannedPipeline pipeline) {
    List<Problem<OptionKey>> obstacles = pipeline.obstacles(BROKER_LIMIT);
    if (!obstacles.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          obstacles.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }
  }

  private static void stop(EmbeddedJob running, PrintWriter err) {
    err.println("stopping…");
    try {
      if (!running.cancel(CANCEL_LIMIT)) {
        err.printf("the job did not stop in %d s; it is ended%n", CANCEL_LIMIT.toSeconds());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
