package io.tidemill.inference.operator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The rows of the table in docs/metrics.md. */
final class DocumentedMetrics {
  /** What Flink's Prometheus reporter puts in front of a step's metrics. */
  static final String SCOPE = "flink_taskmanager_job_task_operator_tidemill_step_model_version_";

  private static final String GPU = "gpu";
  private static final Path DOCUMENT = Path.of("..", "docs", "metrics.md");

  /**
   * A metric as it is described.
   *
   * @param name as the reporter exports it, with its scope
   * @param kind as Flink calls it, in small letters
   * @param furtherLabels those besides the labels of every metric
   */
  record Row(String name, String kind, Set<String> furtherLabels) {
    private boolean isOfGpu() {
      return furtherLabels.contains(GPU);
    }
  }

  private DocumentedMetrics() {}

  /** Of every step. */
  static List<Row> rows() throws IOException {
    return all().filter(row -> !row.isOfGpu()).toList();
  }

  /** Of a step on a GPU. */
  static List<Row> rowsOnGpu() throws IOException {
    return all().toList();
  }

  private static Stream<Row> all() throws IOException {
    return Files.readAllLines(DOCUMENT).stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.replace("`", "").substring(1).split("\\|"))
        .map(
            cells -> new Row(SCOPE + cells[0].strip(), cells[1].strip(), labels(cells[3].strip())));
  }

  private static Set<String> labels(String written) {
    return written.isEmpty() ? Set.of() : Set.of(written.split(", "));
  }
}
