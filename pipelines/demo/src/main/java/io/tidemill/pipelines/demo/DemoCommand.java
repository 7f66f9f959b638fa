package io.tidemill.pipelines.demo;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code tidemill demo}: the main job, shown on this machine.
 *
 * <p>Its exit code is 0 where each record had exactly one outcome, else 1.
 *
 * <p>For use by one thread.
 */
@Command(
    name = "demo",
    description = {
      "Show the main job on this machine: a Kafka broker in this process, a TensorFlow model",
      "trained on generated card transactions, a job from a topic to a topic with exactly-once,",
      "and the account of every record.",
      "Each run begins afresh; nothing outside its work folder changes."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  /** The system property that names the folder with {@code job-configs}. */
  private static final String HOME = "tidemill.home";

  private static final Path JOB = Path.of("job-configs", "fraud-scoring.yaml");
  private static final int STEADY = 20_000;
  private static final int RECORDS_MAX = 50_000_000;

  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--records",
      paramLabel = "N",
      defaultValue = "200000",
      description = {
        "Transactions that wait when the job begins (default: ${DEFAULT-VALUE});",
        "20,000 more come while it runs."
      })
  private int records;

  @Option(
      names = "--work-dir",
      paramLabel = "FOLDER",
      description = "Where everything is kept (default: ./.tidemill/demo).")
  private Path workFolder = DemoFolder.DEFAULT;

  @Option(names = "--keep-running", description = "Leave broker, job and web UI up until Ctrl-C.")
  private boolean keepRunning;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format = Format.TEXT;

  /** What the report can look like. */
  private enum Format {
    TEXT,
    JSON;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A command.
   *
   * @param environment the variables that the job file may name
   */
  DemoCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() throws InterruptedException {
    if (records < 1 || records > RECORDS_MAX) {
      throw refused("--records: " + records + " (expected: 1 to " + RECORDS_MAX + ")");
    }
    Path job = Path.of(System.getProperty(HOME, "")).resolve(JOB);
    if (!Files.isRegularFile(job)) {
      throw refused(
          "job: " + job + " is not there (expected: a checkout of Tidemill as working directory)");
    }
    Progress progress = Progress.toStandardError();
    PrintWriter out = spec.commandLine().getOut();
    try (Demo demo = open(new Demo.Settings(job, workFolder, records, STEADY), progress)) {
      DemoReport report = demo.run(keepRunning);
      PrintWriter err = spec.commandLine().getErr();
      err.println();
      out.print(format == Format.JSON ? report.json() + "\n" : ReportText.of(report));
      out.flush();
      if (keepRunning) {
        err.println("Broker, job and web UI run on; Ctrl-C ends them.");
        demo.awaitEnd();
      } else {
        err.println("Broker, job and web UI have ended; --keep-running leaves them up.");
      }
      return report.exitCode();
    }
  }

  private Demo open(Demo.Settings settings, Progress progress) {
    try {
      return new Demo(settings, environment, progress);
    } catch (IllegalArgumentException | IllegalStateException refused) {
      throw refused(String.valueOf(refused.getMessage()));
    }
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
