package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill validate}: is a job's file right, as far as the file alone can tell? */
@Command(
    name = "validate",
    description = {
      "Check a job's file, and report all its problems at once.",
      "Needs neither the store nor a broker; 'plan' checks those too.",
      "The job may be a unit of 'tidemill package', of which each byte is proved."
    },
    mixinStandardHelpOptions = true)
final class ValidateCommand implements Callable<Integer> {
  private final Caller caller;

  @Parameters(paramLabel = "JOB.yaml", description = "The job.")
  private Path job;

  @Mixin private DateOption date;
  @Mixin private SignedByOption signedBy;
  @Mixin private Output output;

  ValidateCommand(Caller caller) {
    this.caller = caller;
  }

  /** What JSON has of a job's file. */
  private record View(String job, boolean valid, List<ProblemView> problems) {}

  @Override
  public Integer call() {
    output.onFailure(job.toString(), this::view);
    signedBy.demand();
    ParsedPipeline parsed = date.read(day -> caller.read(job, day));
    PipelineDefinition definition = parsed.definition();
    new PipelineComposer(JobOptions.STORE_DEFAULT, Map.of())
        .checkFlinkOptions(definition, parsed::locationOf);
    output.print(view(List.of()), job + ": " + summary(definition));
    return ExitCode.DONE.number();
  }

  private View view(List<ProblemView> problems) {
    return new View(job.toString(), problems.isEmpty(), problems);
  }

  private static String summary(PipelineDefinition job) {
    int steps = job.steps().size();
    return "valid (%s, %s, %d %s)"
        .formatted(job.name(), job.mode().label(), steps, steps == 1 ? "step" : "steps");
  }
}
