package io.tidemill.inference.operator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The rows of the table in docs/metrics.md. */
final class DocumentedMetrics {
  /** What Flink's Prometheus reporter puts in front of a step's metrics. */
  static final String SCOPE = "flink_taskmanager_job_task_operator_tidemill_step_model_version_";

  private static final Path DOCUMENT = Path.of("..", "docs", "metrics.md");

  /**
   * A metric as it is described.
   *
   * @param name as the reporter exports it, with its scope
   * @param kind as Flink calls it, in small letters
   * @param furtherLabel the label besides those of every metric; empty for none
   */
  record Row(String name, String kind, String furtherLabel) {}

  private DocumentedMetrics() {}

  static List<Row> rows() throws IOException {
    return Files.readAllLines(DOCUMENT).stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.replace("`", "").substring(1).split("\\|"))
        .map(cells -> new Row(SCOPE + cells[0].strip(), cells[1].strip(), cells[3].strip()))
        .toList();
  }
}
