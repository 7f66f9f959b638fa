package io.tidemill.benchmarks;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Prints a report for people. */
final class ReportTable {
  private ReportTable() {}

  static String print(Report report) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "%-34s %14s %10s %14s %9s %13s %8s  %-27s%s",
        "variant",
        "records/s",
        "ns/record",
        "records/CPU s",
        "B/record",
        "checkpoint ms",
        "ratio",
        "against",
        " half of the turns");
    for (Report.Row row : report.rows()) {
      Map<Quantity, Spread> values = row.values();
      Map.Entry<Quantity, Spread> main = values.entrySet().iterator().next();
      line(
          text,
          "%-34s %14s %10s %14s %9s %13s %8s  %-27s%s",
          row.name(),
          cell(values, Quantity.RECORDS_PER_SECOND),
          cell(values, Quantity.NANOS_PER_RECORD),
          cell(values, Quantity.RECORDS_PER_CPU_SECOND),
          cell(values, Quantity.BYTES_PER_RECORD),
          cell(values, Quantity.CHECKPOINT_MILLIS),
          row.ratio().map(ratio -> ratio(ratio.median())).orElse("-"),
          row.floor(),
          " %s to %s"
              .formatted(
                  main.getKey().format(main.getValue().lowerQuartile()),
                  main.getKey().format(main.getValue().upperQuartile())));
    }
    figures(report, text);
    return text.toString();
  }

  private static void figures(Report report, StringBuilder text) {
    if (report.figureValues().isEmpty()) {
      return;
    }
    text.append(System.lineSeparator());
    line(text, "%-34s %10s %21s", "figure", "", "half of the turns");
    for (Report.FigureValue one : report.figureValues()) {
      Figure figure = one.figure();
      Spread value = one.value();
      line(
          text,
          "%-34s %10s %10s %10s",
          figure.isKeyed() ? figure.name() + " " + one.key() : figure.name(),
          ratio(value.median()),
          ratio(value.lowerQuartile()),
          ratio(value.upperQuartile()));
    }
  }

  private static String cell(Map<Quantity, Spread> values, Quantity quantity) {
    return Optional.ofNullable(values.get(quantity))
        .map(value -> quantity.format(value.median()))
        .orElse("-");
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing())
        .append(System.lineSeparator());
  }
}
