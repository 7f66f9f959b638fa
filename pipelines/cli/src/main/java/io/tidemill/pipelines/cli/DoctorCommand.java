package io.tidemill.pipelines.cli;

import static io.tidemill.pipelines.doctor.Finding.Status.WRONG;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.model.InvalidModelException;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.ModelProblemsException;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.doctor.Cluster;
import io.tidemill.pipelines.doctor.Doctor;
import io.tidemill.pipelines.doctor.Finding;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill doctor}: is a place fit for jobs? */
@Command(
    name = "doctor",
    description = {
      "Look at where jobs are to run, and say what to change in which file.",
      "Java, jars, memory, high availability, checkpoints, disk; with a job also its",
      "broker, its store, its GPU, and whether its models load. Where no place is",
      "named, it is the command's own process."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:nothing is wrong", "1:something is", "2:wrong usage"})
final class DoctorCommand implements Callable<Integer> {
  private static final String HOME = "--flink-home";
  private static final String REST = "--rest";

  private final Caller caller;

  @ArgGroup private @Nullable PlaceOption place;

  @ArgGroup(exclusive = false, heading = "%nA job that is to run there:%n")
  private @Nullable JobOptions job;

  @Mixin private DateOption date;
  @Mixin private Output output;

  DoctorCommand(Caller caller) {
    this.caller = caller;
  }

  /** Where jobs are to run: one of them. */
  static final class PlaceOption {
    @Option(
        names = HOME,
        paramLabel = "DIR",
        description = "A distribution of Flink on this machine, with conf and lib.")
    private @Nullable Path home;

    @Option(
        names = REST,
        paramLabel = "URL",
        description = "A cluster that runs, by the address of its web UI.")
    private @Nullable URI rest;
  }

  /** What JSON has. */
  private record View(boolean fit, List<Finding> findings) {}

  @Override
  public Integer call() throws InterruptedException {
    Cluster cluster = cluster();
    List<Finding> findings = new ArrayList<>();
    Optional<PlannedPipeline> planned = plan(findings);
    findings.addAll(Doctor.examine(cluster, planned));
    boolean fit = findings.stream().noneMatch(finding -> finding.status() == WRONG);
    output.print(new View(fit, findings), out -> print(out, findings));
    return (fit ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  private static void print(PrintWriter out, List<Finding> findings) {
    for (Finding line : findings) {
      out.printf("%-5s  %-17s  %s%n", line.status(), line.check(), line.found());
      if (line.change() != null) {
        out.printf("%-5s  %-17s  -> %s%n", "", "", line.change());
      }
    }
  }

  private Cluster cluster() throws InterruptedException {
    Path home = place == null ? null : place.home;
    URI rest = place == null ? null : place.rest;
    try {
      return home != null
          ? Cluster.ofHome(home)
          : rest != null ? Cluster.ofRest(rest) : Cluster.ofThisProcess();
    } catch (IOException absent) {
      String why = absent.getClass() == IOException.class ? absent.getMessage() : absent.toString();
      throw new CommandFailedException(
          ExitCode.USAGE,
          ConnectorOptions.withoutSecrets(
              home != null
                  ? "%s: '%s': %s (expected: a distribution of Flink, with conf/config.yaml and lib)"
                      .formatted(HOME, home, why)
                  : "%s: '%s': %s (expected: the address of a JobManager, as in http://localhost:8081)"
                      .formatted(REST, rest, why)),
          absent);
    }
  }

  /** The job, or what is wrong with it. */
  private Optional<PlannedPipeline> plan(List<Finding> findings) {
    JobOptions given = job;
    if (given == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          given.plan(
              caller.environment(),
              Map.of(),
              date.read(day -> given.read(caller.environment(), day))));
    } catch (InvalidPipelineException invalid) {
      addAll(invalid.problems(), "job", findings);
    } catch (ModelProblemsException missing) {
      addAll(missing.problems(), "store", findings);
    } catch (InvalidModelException broken) {
      addAll(ProblemView.ofUnit(given.file(), broken), "job", findings);
    }
    return Optional.empty();
  }

  private static void addAll(
      List<Problem<Location>> problems, String check, List<Finding> findings) {
    problems.forEach(
        problem -> findings.add(Finding.wrong(check, problem.message(), "see " + problem.place())));
  }
}
