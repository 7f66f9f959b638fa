package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.compose.JobDeadLetter;
import io.tidemill.pipelines.compose.JobDeadLetters;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill dead-letters ls}. */
@Command(
    name = "ls",
    description = {
      "List the dead letters of a job, one a line with an address for 'show'.",
      "Newest and oldest are by the records' timestamps."
    },
    mixinStandardHelpOptions = true)
final class DeadLettersListCommand implements Runnable {
  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many at most (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(names = "--oldest", description = "The oldest first. Default: the newest first.")
  private boolean oldest;

  @Mixin private DeadLetterOptions options;
  @Mixin private DeadLetterFilter filter;
  @Mixin private Output output;

  /** A letter, and how many were read before it. */
  private record Numbered(JobDeadLetter letter, long number) {
    Instant time() {
      return Objects.requireNonNullElse(letter.time(), Instant.MIN);
    }
  }

  /**
   * What JSON has of the list.
   *
   * @param letters how many there are, listed or not
   * @param others what else is there, and none of the job's
   */
  private record View(
      String job, String place, long letters, long others, List<DeadLetterView> listed) {}

  @Override
  public void run() {
    if (limit < 1) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--limit: %d (expected: >= 1)".formatted(limit));
    }
    JobDeadLetters letters = options.open();
    Comparator<Numbered> byTime =
        Comparator.comparing(Numbered::time).thenComparingLong(Numbered::number);
    Comparator<Numbered> order = oldest ? byTime : byTime.reversed();
    PriorityQueue<Numbered> chosen = new PriorityQueue<>(order.reversed());
    long[] count = new long[1];
    long others =
        DeadLetterOptions.read(
            letters,
            List.of(),
            (letter, record) -> {
              if (filter.accepts(letter)) {
                chosen.add(new Numbered(letter, count[0]++));
                if (chosen.size() > limit) {
                  chosen.remove();
                }
              }
            });
    List<Numbered> listed = new ArrayList<>(chosen);
    listed.sort(order);
    View view =
        new View(
            letters.job(),
            letters.place(),
            count[0],
            others,
            listed.stream().map(one -> DeadLetterView.of(one.letter())).toList());
    filter.sayUnmatched(output.err());
    output.print(view, out -> print(out, view));
  }

  private void print(PrintWriter out, View view) {
    if (!view.listed().isEmpty()) {
      TextTable table =
          new TextTable("ADDRESS", "TIME", "CAUSE", "STEP", "MODEL", "RECORD", "MESSAGE");
      view.listed().forEach(letter -> letter.addTo(table));
      table.print(out);
    }
    if (view.letters() > view.listed().size()) {
      out.printf(
          "the %,d %s; --limit shows more%n", view.listed().size(), oldest ? "oldest" : "newest");
    }
    DeadLetterView.printSum(out, view.letters(), view.job(), view.place(), view.others());
  }
}
