package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.Counts;
import io.tidemill.pipelines.nightly.JobRuns;
import io.tidemill.pipelines.nightly.ModelUse;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunState;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill runs ls}. */
@Command(
    name = "ls",
    description = {
      "List the runs of a job for dates: which published, which was refused or failed, and why.",
      "It takes the job's file, and no model."
    },
    mixinStandardHelpOptions = true)
final class RunsListCommand implements Runnable {
  @Mixin private RunsOptions options;
  @Mixin private Output output;

  @Override
  public void run() {
    JobRuns runs = options.open();
    List<RunAccount> all = runs.all(output::damaged);
    output.print(
        all,
        out -> {
          if (all.isEmpty()) {
            out.printf(
                "no runs in %s (expected: those of 'tidemill run %s --date DATE')%n",
                runs.place(), options.file());
            return;
          }
          TextTable table =
              new TextTable(
                  "DATE", "RUN", "STATE", "IN", "OUT", "DEAD LETTERS", "SECONDS", "MODELS", "WHY");
          for (RunAccount run : all) {
            table.add(
                run.date(),
                String.valueOf(run.run()),
                state(run),
                count(run, Counts::recordsIn),
                count(run, Counts::recordsOut),
                count(run, Counts::allDeadLetters),
                String.format(Locale.ROOT, "%.1f", run.seconds()),
                run.models().stream().map(ModelUse::model).collect(Collectors.joining(", ")),
                why(run));
          }
          table.print(out);
        });
  }

  static String state(RunAccount run) {
    RunState state = run.state();
    return state.name().toLowerCase(Locale.ROOT);
  }

  static String why(RunAccount run) {
    @Nullable String message = run.message();
    return message == null ? run.why() : message;
  }

  private static String count(RunAccount run, ToLongFunction<Counts> of) {
    Counts counts = run.counts();
    return counts == null ? "" : String.format(Locale.ROOT, "%,d", of.applyAsLong(counts));
  }
}
