package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.compose.JobDeadLetter;
import io.tidemill.pipelines.compose.JobDeadLetters;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill dead-letters stats}. */
@Command(
    name = "stats",
    description = {
      "Count the dead letters of a job by cause, step and model version.",
      "Times are those of the records. It takes the job's file, and no model."
    },
    mixinStandardHelpOptions = true)
final class DeadLettersStatsCommand implements Runnable {
  @Mixin private DeadLetterOptions options;
  @Mixin private DeadLetterFilter filter;
  @Mixin private Output output;

  /** What letters have in common. */
  private record Kind(String cause, String step, @Nullable String model) {}

  /**
   * What JSON has of all letters.
   *
   * @param others what else is there, and none of the job's
   */
  private record View(String job, String place, long letters, long others, List<Group> groups) {}

  /**
   * What JSON has of letters of one kind.
   *
   * @param example the message of the last one
   * @param address where that one is
   */
  private record Group(
      String cause,
      String step,
      @Nullable String model,
      long letters,
      @Nullable String first,
      @Nullable String last,
      String example,
      String address) {}

  /** Letters of one kind while they are counted. Not thread-safe. */
  private static final class Count {
    private long letters;
    private @Nullable Instant first;
    private @Nullable Instant last;
    private String example = "";
    private String address = "";

    void add(JobDeadLetter letter) {
      letters++;
      example = letter.message();
      address = letter.address();
      Instant time = letter.time();
      if (time != null) {
        first = first == null || time.isBefore(first) ? time : first;
        last = last == null || time.isAfter(last) ? time : last;
      }
    }

    Group of(Kind kind) {
      return new Group(
          kind.cause(),
          kind.step(),
          kind.model(),
          letters,
          DeadLetterView.time(first),
          DeadLetterView.time(last),
          example,
          address);
    }
  }

  @Override
  public void run() {
    JobDeadLetters letters = options.open();
    Map<Kind, Count> counts = new HashMap<>();
    long others =
        DeadLetterOptions.read(
            letters,
            List.of(),
            (letter, record) -> {
              if (filter.accepts(letter)) {
                counts
                    .computeIfAbsent(
                        new Kind(letter.cause(), letter.step(), letter.model()),
                        kind -> new Count())
                    .add(letter);
              }
            });
    List<Group> groups =
        counts.entrySet().stream()
            .map(count -> count.getValue().of(count.getKey()))
            .sorted(Comparator.comparingLong(Group::letters).reversed().thenComparing(Group::cause))
            .toList();
    View view =
        new View(
            letters.job(),
            letters.place(),
            groups.stream().mapToLong(Group::letters).sum(),
            others,
            groups);
    filter.sayUnmatched(output.err());
    output.print(view, out -> print(out, view));
  }

  private static void print(PrintWriter out, View view) {
    if (!view.groups().isEmpty()) {
      TextTable table =
          new TextTable("CAUSE", "STEP", "MODEL", "LETTERS", "FIRST", "LAST", "EXAMPLE");
      for (Group group : view.groups()) {
        table.add(
            group.cause(),
            group.step(),
            DeadLetterView.cell(group.model()),
            "%,d".formatted(group.letters()),
            DeadLetterView.cell(group.first()),
            DeadLetterView.cell(group.last()),
            group.address() + " " + DeadLetterView.oneLine(group.example()));
      }
      table.print(out);
    }
    DeadLetterView.printSum(out, view.letters(), view.job(), view.place(), view.others());
  }
}
