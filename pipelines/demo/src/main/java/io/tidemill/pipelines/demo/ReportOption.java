package io.tidemill.pipelines.demo;

import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The option {@code -o}: how the report is printed. */
final class ReportOption {
  /** What a report can look like. */
  enum Format {
    /** For people. */
    TEXT,
    /** One object, for machines. */
    JSON;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format = Format.TEXT;

  void print(PrintWriter out, DemoReport report) {
    switch (format) {
      case TEXT -> out.print(ReportText.of(report));
      case JSON -> out.println(ReportJson.of(report));
    }
    out.flush();
  }
}
