package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.nightly.Counts;
import io.tidemill.pipelines.nightly.FieldSummary;
import io.tidemill.pipelines.nightly.ModelUse;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunChecks;
import io.tidemill.pipelines.nightly.RunState;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill runs show}. */
@Command(
    name = "show",
    description = {
      "Show one run of a job for a date: what it read, what it made, and why it ran or failed.",
      "What it published is told by _tidemill.json beside the files, with every input file."
    },
    mixinStandardHelpOptions = true)
final class RunsShowCommand implements Runnable {
  @Mixin private RunsOptions options;
  @Mixin private RunChoice choice;
  @Mixin private Output output;

  @Override
  public void run() {
    RunAccount run = choice.of(options, EnumSet.allOf(RunState.class), output);
    output.print(run, out -> print(out, run));
  }

  private static void print(PrintWriter out, RunAccount run) {
    line(out, "run", "%d of job '%s' for %s", run.run(), run.job(), run.date());
    line(out, "state", "%s", RunsListCommand.state(run));
    line(out, "why", "%s", RunsListCommand.why(run));
    line(out, "by", "%s since %s, %.1f s", run.owner(), run.started(), run.seconds());
    line(out, "input", "%,d files, %s", run.inputFiles(), new ByteSize(run.inputBytes()));
    for (ModelUse model : run.models()) {
      line(out, "model", "%s: %s %s", model.step(), model.model(), model.digest());
    }
    Counts counts = run.counts();
    if (counts != null) {
      line(out, "records in", "%,d", counts.recordsIn());
      line(out, "predictions", "%,d", counts.recordsOut());
      line(out, "dead letters", "%,d", counts.allDeadLetters());
      counts.deadLetters().forEach((cause, letters) -> line(out, "", "%s %,d", cause, letters));
    }
    printGates(out, run);
    RunChecks checks = run.checks();
    if (checks != null) {
      checks.predictions().forEach(field -> line(out, "predicted", "%s", described(field)));
    }
    line(out, "target", "%s", run.target());
    if (run.deadLetterTarget() != null) {
      line(out, "", "%s", run.deadLetterTarget());
    }
    line(out, "versions", "%s", run.versions());
  }

  /** What the gates saw. */
  static void printGates(PrintWriter out, RunAccount run) {
    RunChecks checks = run.checks();
    if (checks != null) {
      checks.gates().forEach(gate -> line(out, gate.passed() ? "gate" : "gate shut", "%s", gate));
    }
  }

  private static String described(FieldSummary field) {
    String numbers =
        field.quantiles().isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                ", a tenth outside of %.4g to %.4g, median %.4g",
                field.quantiles().get(0),
                field.quantiles().get(field.quantiles().size() - 1),
                field.quantiles().get(field.quantiles().size() / 2));
    String texts = field.categories().isEmpty() ? "" : ", " + field.categories();
    return "%s: %,d null or NaN%s%s".formatted(field.field(), field.missing(), numbers, texts);
  }

  private static void line(PrintWriter out, String subject, String format, Object... values) {
    out.printf(Locale.ROOT, "%-12s ", subject);
    out.printf(Locale.ROOT, format + "%n", values);
  }
}
