package io.tidemill.pipelines.demo;

import io.tidemill.pipelines.demo.DemoReport.Places;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A {@link DemoReport} as text for people: one fact per line, numbers aligned to the right, what
 * does not apply left out.
 *
 * <p>For use by one thread.
 */
final class ReportText {
  private final StringBuilder text = new StringBuilder();

  private ReportText() {}

  /** The whole text, with a line break at its end. */
  static String of(DemoReport report) {
    return new ReportText().write(report);
  }

  private String write(DemoReport report) {
    Outcomes outcomes = report.outcomes();
    long deadLetters = outcomes.deadLetters().values().stream().mapToLong(Long::longValue).sum();
    number("records in", report.recordsIn(), "");
    number("predictions", outcomes.predictions(), "");
    number("dead letters", deadLetters, "");
    outcomes.deadLetters().forEach((cause, count) -> number("  " + cause, count, ""));
    number("lost", outcomes.lost(), "");
    number("doubled", outcomes.doubled(), "");
    if (outcomes.unknownOrigin() > 0) {
      number("of unknown origin", outcomes.unknownOrigin(), "");
    }
    if (outcomes.withoutModel() > 0) {
      number("without their model", outcomes.withoutModel(), "");
    }
    text.append('\n');
    number("waiting at the start", report.backlog(), "");
    measured("  worked off at", "%,.0f", outcomes.recordsPerSecond(), "records/s");
    measured("  in batches filled to", "%.1f", report.fill() * 100, "%");
    causes(report.closeCauses());
    number("then steadily", report.steadyPerSecond(), "records/s");
    measured("  p50 to the prediction", "%,.0f", outcomes.p50Millis(), "ms");
    measured(
        "  p99 to the prediction",
        "%,.0f",
        outcomes.p99Millis(),
        "ms, and seen with the next checkpoint");
    measured("model quality (AUC)", "%.3f", outcomes.auc(), "");
    text.append('\n');
    places(report.places());
    return text.toString();
  }

  private void causes(Map<String, Long> closeCauses) {
    if (!closeCauses.isEmpty()) {
      words(
          "  closed by",
          closeCauses.entrySet().stream()
              .map(cause -> String.format(Locale.ROOT, "%s %,d", cause.getKey(), cause.getValue()))
              .collect(Collectors.joining(", ")));
    }
  }

  private void places(Places places) {
    if (places.webUi() != null) {
      words("web UI", places.webUi());
    }
    words("broker", places.broker());
    words(
        "topics",
        places.transactions() + " -> " + places.predictions() + ", " + places.deadLetters());
    words("model", places.model() + " " + places.digest());
    words("store", places.store());
    words("work folder", places.workFolder());
  }

  private void number(String label, long value, String unit) {
    measured(label, "%,.0f", (double) value, unit);
  }

  private void measured(String label, String format, double value, String unit) {
    if (Double.isFinite(value)) {
      line(
          label,
          "%11s %s".formatted(String.format(Locale.ROOT, format, value), unit).stripTrailing());
    }
  }

  private void words(String label, String value) {
    line(label, "   " + value);
  }

  private void line(String label, String value) {
    text.append("  %-30s%s\n".formatted(label, value));
  }
}
