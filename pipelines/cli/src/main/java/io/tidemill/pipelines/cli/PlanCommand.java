package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.PipelinePlan;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill plan}: what a job would do. */
@Command(
    name = "plan",
    description = {
      "Show what a job would do, and all its problems.",
      "Models with version and digest, bindings, operators, guarantees. Asks no broker."
    },
    mixinStandardHelpOptions = true)
final class PlanCommand implements Runnable {
  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private Output output;

  PlanCommand(Caller caller) {
    this.caller = caller;
  }

  @Override
  public void run() {
    PipelinePlan plan = job.plan(caller.environment()).describe();
    output.print(plan, out -> print(out, plan));
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
