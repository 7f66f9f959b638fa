package io.tidemill.pipelines.cli;

import io.tidemill.connectors.record.DeadLetterReplay;
import io.tidemill.connectors.record.DeadLetterReplay.Judge;
import io.tidemill.connectors.record.DeadLetterReplay.Session;
import io.tidemill.connectors.record.DeadLetterReplay.Verdict;
import io.tidemill.pipelines.compose.JobDeadLetters;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill dead-letters replay}. */
@Command(
    name = "replay",
    description = {
      "Write dead letters' records back into the topic they came from, unchanged.",
      "Correct the cause first: the job scores them as it goes on.",
      "However often this runs and whatever ends it, each is written back once: it is",
      "marked in the topic NAME-replayed, in the same transaction."
    },
    mixinStandardHelpOptions = true)
final class DeadLettersReplayCommand implements Runnable {
  @Mixin private DeadLetterOptions options;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ADDRESS",
      description = "Which, as 'ls' prints them. Default: all that the filters choose.")
  private Set<String> addresses = new LinkedHashSet<>();

  @Option(
      names = "--whole-arrays",
      description = {
        "Also write back values that are arrays of several records: all of each comes",
        "back, and what was scored of it is scored again. Default: they are left out."
      })
  private boolean wholeArrays;

  @Mixin private DeadLetterFilter filter;
  @Mixin private Output output;
  @Mixin private DryRunOption dryRun;
  @Mixin private ConfirmOption confirmation;

  /**
   * What JSON has of a replay.
   *
   * @param replayed records that were written back
   * @param before those that had been before
   * @param cut letters whose value was cut
   * @param shared letters left out, as their values hold other records too
   * @param elsewhere letters of records from nowhere that the source reads
   */
  private record View(
      String job,
      String place,
      boolean dryRun,
      long replayed,
      long before,
      long cut,
      long shared,
      long elsewhere) {}

  @Override
  public void run() {
    JobDeadLetters letters = options.open();
    DeadLetterReplay replay =
        letters
            .replay(wholeArrays)
            .orElseThrow(
                () ->
                    new CommandFailedException(
                        ExitCode.USAGE,
                        "job '%s' reads no topic (expected: a source of connector kafka; what other sources read is corrected where it stands, and 'show' tells the records)"
                            .formatted(letters.job())));
    CommandFailedException.throwIfAny(replay.obstacles(RunCommand.BROKER_LIMIT));
    Map<Verdict, Long> counts;
    try {
      counts = tally(letters, replay.look());
      long count = counts.getOrDefault(Verdict.REPLAYED, 0L);
      if (count > 0 && !dryRun.asked()) {
        confirmation.confirm("write %,d records back to %s".formatted(count, replay.place()));
        try (Session session = replay.begin()) {
          counts = tally(letters, session);
          session.finish();
        }
      }
    } catch (IOException failed) {
      throw new CommandFailedException(
          ExitCode.FAILED, String.valueOf(failed.getMessage()), failed);
    }
    View view =
        new View(
            letters.job(),
            replay.place(),
            dryRun.asked(),
            counts.getOrDefault(Verdict.REPLAYED, 0L),
            counts.getOrDefault(Verdict.BEFORE, 0L),
            counts.getOrDefault(Verdict.CUT, 0L),
            counts.getOrDefault(Verdict.SHARED, 0L),
            counts.getOrDefault(Verdict.ELSEWHERE, 0L));
    filter.sayUnmatched(output.err());
    output.print(view, out -> print(out, view));
  }

  /** What becomes of the chosen letters, by count. */
  private Map<Verdict, Long> tally(JobDeadLetters letters, Judge judge) {
    Map<Verdict, Long> counts = new EnumMap<>(Verdict.class);
    Set<String> missing = new LinkedHashSet<>(addresses);
    DeadLetterOptions.read(
        letters,
        List.copyOf(addresses),
        (letter, record) -> {
          boolean named = missing.remove(letter.address()) || addresses.isEmpty();
          if (named && filter.accepts(letter)) {
            counts.merge(judge.take(record), 1L, Long::sum);
          }
        });
    if (!missing.isEmpty()) {
      throw options.notThere(missing.iterator().next(), letters);
    }
    return counts;
  }

  private static void print(PrintWriter out, View view) {
    out.printf(
        "%s %,d records back to %s%n",
        view.dryRun() ? "dry run: would write" : "wrote", view.replayed(), view.place());
    line(out, view.before(), "were written back before");
    line(out, view.cut(), "cannot be: their values were cut to fit the dead letters' topic");
    line(
        out,
        view.shared(),
        "were left out: their values are arrays, whose other records would come back too"
            + " (--whole-arrays writes them back)");
    line(out, view.elsewhere(), "cannot be: they came from no topic that the source reads");
  }

  private static void line(PrintWriter out, long count, String what) {
    if (count > 0) {
      out.printf("%,d %s%n", count, what);
    }
  }
}
