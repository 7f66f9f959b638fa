package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.pipelines.nightly.RunAccount;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * What a run for a date came to, as JSON has it.
 *
 * @param outcome published, nothing to do, held, not there yet, or failed
 * @param message why it failed
 * @param account of the run that published; null where it failed
 * @param summary of the job; null where none ran
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record DatedView(
    String job,
    String date,
    String outcome,
    @Nullable String message,
    @Nullable RunAccount account,
    @Nullable RunSummary summary) {
  static final String PUBLISHED = "published";

  /** Prints it for people, but for the message. */
  void print(PrintWriter out) {
    if (account == null) {
      out.printf("%s   %s%n", date, outcome);
    } else if (outcome.equals(PUBLISHED)) {
      out.printf(
          "%s   published %s (run %d: %s)%n", date, account.target(), account.run(), account.why());
      RunsShowCommand.printGates(out, account);
    } else {
      out.printf(
          "%s   nothing to do: run %d has published %s of the same input, models and job%n",
          date, account.run(), account.target());
    }
    if (summary != null) {
      summary.print(out);
    }
  }
}
