package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The date for which a job is looked at. */
final class DateOption {
  @Option(
      names = "--date",
      paramLabel = "DATE",
      description = {
        "The date that stands for {{ ds }}, as in 2026-11-21; or today or yesterday in the job's",
        "time-zone."
      })
  private @Nullable DateArgument date;

  /** Once, as midnight may come between two looks at it. */
  private final Instant now = Instant.now();

  boolean given() {
    return date != null;
  }

  /** The date: the one given or, for a job that needs one, today's. */
  Optional<LocalDate> of(ParsedPipeline written) {
    DateArgument meant = date;
    if (meant == null) {
      if (!written.forDates()) {
        return Optional.empty();
      }
      meant = DateArgument.TODAY;
    }
    return Optional.of(meant.in(written.definition().nightly().timeZone(), now));
  }

  /**
   * The job with the date in it, where it needs one.
   *
   * @param reading reads the job's file for a date, or for none
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if it cannot run for a date
   */
  ParsedPipeline read(Function<@Nullable LocalDate, ParsedPipeline> reading) {
    ParsedPipeline written = reading.apply(null);
    Optional<LocalDate> day = of(written);
    if (day.isEmpty()) {
      return written;
    }
    ParsedPipeline dated = reading.apply(day.get());
    DatedJob.of(written, dated, day.get());
    return dated;
  }
}
