package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.Problem;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill validate}: is a job's file right, as far as the file alone can tell? */
@Command(
    name = "validate",
    description = {
      "Check a job's file, and report all its problems at once.",
      "Needs neither the store nor a broker; 'plan' checks those too."
    },
    mixinStandardHelpOptions = true)
final class ValidateCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "JOB.yaml", description = "The job.")
  private Path job = Path.of("");

  @Mixin private OutputOption output = new OutputOption();

  ValidateCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      PipelineDefinition definition = new PipelineReader(environment).read(job).definition();
      output.print(out, answer(List.of()), () -> out.println(job + ": " + summary(definition)));
      return ExitCode.DONE;
    } catch (InvalidPipelineException invalid) {
      PrintWriter err = spec.commandLine().getErr();
      output.print(
          out,
          answer(invalid.problems()),
          () -> invalid.problems().forEach(problem -> err.println(problem)));
      return ExitCode.USAGE;
    }
  }

  private Map<String, Object> answer(List<Problem> problems) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("job", job.toString());
    answer.put("valid", problems.isEmpty());
    answer.put("problems", problems.stream().map(ProblemView::of).toList());
    return answer;
  }

  private static String summary(PipelineDefinition job) {
    int steps = job.steps().size();
    return "valid (%s, %s, %d %s)"
        .formatted(job.name(), job.mode().label(), steps, steps == 1 ? "step" : "steps");
  }
}
