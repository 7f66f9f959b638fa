package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.PipelinePlan;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill plan}: what a job would do. */
@Command(
    name = "plan",
    description = {
      "Show what a job would do, and all its problems.",
      "Models with version and digest, bindings, operators, guarantees. Asks no broker."
    },
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private JobOptions job = new JobOptions();
  @Mixin private OutputOption output = new OutputOption();

  PlanCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    PipelinePlan plan = job.plan(environment).describe();
    PrintWriter out = spec.commandLine().getOut();
    output.print(out, plan, () -> print(out, plan));
    return ExitCode.DONE;
  }

  private static void print(PrintWriter out, PipelinePlan plan) {
    out.printf("job          %s (%s)%n", plan.name(), plan.mode());
    out.printf("store        %s%n", plan.store());
    out.printf("source       %s: %s%n", plan.source().connector(), plan.source().guarantee());
    for (PipelinePlan.Step step : plan.steps()) {
      out.printf("step         %s%n", step.id());
      out.printf(
          "  model      %s%s%n",
          step.model(), step.reference().equals(step.model()) ? "" : " (" + step.reference() + ")");
      out.printf("  digest     %s%n", step.digest());
      out.printf(
          "  engine     %s on %s%s%n",
          step.engine(),
          step.device(),
          step.threads() == null ? "" : " (threads: " + step.threads() + ")");
      step.bindings().forEach(binding -> out.printf("  binding    %s%n", binding));
      out.printf("  batch      %s%n", step.batching());
    }
    out.printf("sink         %s: %s%n", plan.sink().connector(), plan.sink().guarantee());
    PipelinePlan.Connector deadLetter = plan.deadLetter();
    if (deadLetter != null) {
      out.printf("dead-letter  %s: %s%n", deadLetter.connector(), deadLetter.guarantee());
    }
    plan.notes().forEach(note -> out.printf("note         %s%n", note));
    out.println();
    TextTable table = new TextTable("OPERATOR", "UID", "PARALLELISM");
    for (PipelinePlan.Operator operator : plan.operators()) {
      table.add(operator.name(), operator.uid(), String.valueOf(operator.parallelism()));
    }
    table.print(out);
  }
}
