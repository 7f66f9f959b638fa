package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.pipelines.compose.JobDeadLetter;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** What JSON has of a dead letter in a list, without secrets. */
record DeadLetterView(
    String address,
    @Nullable String time,
    String cause,
    String step,
    @Nullable String model,
    @Nullable String record,
    String message) {
  /** What a line of a table has room for. */
  private static final int LONGEST_MESSAGE = 120;

  static DeadLetterView of(JobDeadLetter letter) {
    return new DeadLetterView(
        letter.address(),
        time(letter.time()),
        letter.cause(),
        letter.step(),
        letter.model(),
        letter.record(),
        ConnectorOptions.withoutSecrets(letter.message()));
  }

  void addTo(TextTable table) {
    table.add(address, cell(time), cause, step, cell(model), cell(record), oneLine(message));
  }

  static @Nullable String time(@Nullable Instant time) {
    return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  static String cell(@Nullable String text) {
    return text == null ? "-" : text;
  }

  /** A message in one line that is not too long, without secrets. */
  static String oneLine(String message) {
    String line = ConnectorOptions.withoutSecrets(message).replaceAll("\\s+", " ").strip();
    return line.length() > LONGEST_MESSAGE ? line.substring(0, LONGEST_MESSAGE) + "…" : line;
  }

  /** The last line of a table: how many there are, and of what else. */
  static void printSum(PrintWriter out, long letters, String job, String place, long others) {
    out.printf(
        "%s of job '%s' in %s%n",
        letters == 0 ? "No dead letters" : "%,d dead letters".formatted(letters), job, place);
    if (others > 0) {
      out.printf("%,d other records there: no dead letters, or those of another job%n", others);
    }
  }
}
