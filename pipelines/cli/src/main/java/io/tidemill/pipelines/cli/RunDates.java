package io.tidemill.pipelines.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code run} is told about the dates for which a job runs. */
final class RunDates {
  private static final int MOST_AT_ONCE = 64;

  @Option(
      names = "--date",
      paramLabel = "DATE",
      description = {
        "Run for one date, which stands for {{ ds }}: 2026-11-21, or today or yesterday in the",
        "job's time-zone. All is published, or nothing; nothing is done again that is the same."
      })
  private @Nullable DateArgument date;

  @Option(
      names = "--from",
      paramLabel = "DATE",
      description = "Run for each date from this one to --to, in their order.")
  private @Nullable DateArgument from;

  @Option(names = "--to", paramLabel = "DATE", description = "The last date; see --from.")
  private @Nullable DateArgument to;

  @Option(
      names = "--now",
      paramLabel = "TIME",
      description = {
        "The moment whose today and yesterday are meant, as in 2026-11-22T00:30:00Z: that of a",
        "schedule, for a run that begins later or again (default: the start of the command)."
      })
  private @Nullable Instant moment;

  private final Instant begun = Instant.now();

  @Option(
      names = "--parallel-dates",
      paramLabel = "N",
      description = {
        "How many dates run at once, each with the threads and the memory of a run of its own.",
        "They are published in their order all the same (default: 1)."
      })
  private @Nullable Integer parallelDates;

  @Option(
      names = "--force",
      description = "Run for the date even if what is published is made of the same.")
  private boolean force;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      description = {
        "How long to wait for input that is not there yet, as in 2h.",
        "Default: not at all; the exit code says so."
      })
  private @Nullable Duration wait;

  /** Whether the job runs for dates. */
  boolean given() {
    boolean dates = date != null || from != null || to != null;
    if (!dates && (force || wait != null)) {
      throw refused((force ? "--force" : "--wait") + ": without a date (expected: beside --date)");
    }
    if (!dates && moment != null) {
      throw refused("--now: without a date (expected: beside --date yesterday)");
    }
    if (parallelDates != null && from == null) {
      throw refused("--parallel-dates: without dates (expected: beside --from and --to)");
    }
    if (atOnce() < 1 || atOnce() > MOST_AT_ONCE) {
      throw refused("--parallel-dates: %d (expected: 1 to %d)".formatted(atOnce(), MOST_AT_ONCE));
    }
    return dates;
  }

  /** How many of so many dates run at once. */
  int atOnce(int dates) {
    return Math.min(atOnce(), dates);
  }

  /** The most that run at once. */
  int atOnce() {
    return parallelDates == null ? 1 : parallelDates;
  }

  boolean force() {
    return force;
  }

  Duration wait(Duration otherwise) {
    return wait == null ? otherwise : wait;
  }

  private Instant now() {
    return moment == null ? begun : moment;
  }

  /** What to say to a command that begins later, and means the same dates. */
  List<String> words() {
    return List.of("--now", now().toString());
  }

  /** Whether it is one date, and not a first and a last one. */
  boolean one() {
    return date != null;
  }

  /**
   * The dates in their order.
   *
   * @throws CommandFailedException if the options contradict each other
   */
  List<LocalDate> in(ZoneId zone) {
    Instant now = now();
    if (date != null) {
      if (from != null || to != null) {
        throw refused(
            "--date: beside %s (expected: one of them)"
                .formatted(from == null ? "--to" : "--from"));
      }
      return List.of(date.in(zone, now));
    }
    if (from == null || to == null) {
      throw refused((from == null ? "--to" : "--from") + ": alone (expected: --from and --to)");
    }
    LocalDate first = from.in(zone, now);
    LocalDate last = to.in(zone, now);
    if (first.isAfter(last)) {
      throw refused("--from: %s, after --to %s (expected: not after it)".formatted(first, last));
    }
    return first.datesUntil(last.plusDays(1)).toList();
  }

  private static CommandFailedException refused(String message) {
    return new CommandFailedException(ExitCode.USAGE, message);
  }
}
