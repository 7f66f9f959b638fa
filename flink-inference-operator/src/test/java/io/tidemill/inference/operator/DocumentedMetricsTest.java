package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.events.EventBuilder;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.clusterframework.types.ResourceID;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.metrics.MetricRegistry;
import org.apache.flink.runtime.metrics.groups.AbstractMetricGroup;
import org.apache.flink.runtime.metrics.groups.TaskManagerMetricGroup;
import org.apache.flink.runtime.metrics.scope.ScopeFormats;
import org.apache.flink.traces.SpanBuilder;
import org.junit.jupiter.api.Test;

/** Holds docs/metrics.md against what an operator registers with Flink. */
class DocumentedMetricsTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "metrics.md");
  private static final String SCOPE =
      "flink_taskmanager_job_task_operator_tidemill_step_model_version_";
  private static final int MAX_SIZE = 256;

  /** A metric as Flink's Prometheus reporter would name and label it. */
  private record Registered(String kind, Map<String, String> labels) {}

  private static final class RecordingRegistry implements MetricRegistry {
    private final Map<String, Registered> metrics = new TreeMap<>();

    @Override
    public char getDelimiter() {
      return '.';
    }

    @Override
    public int getNumberReporters() {
      return 0;
    }

    @Override
    public void addSpan(SpanBuilder spanBuilder, AbstractMetricGroup<?> group) {}

    @Override
    public void addEvent(EventBuilder eventBuilder, AbstractMetricGroup<?> group) {}

    @Override
    public void register(Metric metric, String metricName, AbstractMetricGroup<?> group) {
      String name = "flink_" + group.getLogicalScope(text -> text, '_') + "_" + metricName;
      if (name.contains("tidemill")) {
        metrics.put(
            name,
            new Registered(
                metric.getMetricType().name().toLowerCase(Locale.ROOT),
                Map.copyOf(group.getAllVariables())));
      }
    }

    @Override
    public void unregister(Metric metric, String metricName, AbstractMetricGroup<?> group) {}

    @Override
    public ScopeFormats getScopeFormats() {
      return ScopeFormats.fromConfig(new Configuration());
    }
  }

  private static Map<String, Registered> registered() {
    RecordingRegistry registry = new RecordingRegistry();
    InferenceMetrics metrics =
        new InferenceMetrics(
            TaskManagerMetricGroup.createTaskManagerMetricGroup(
                    registry, "host", ResourceID.generate())
                .addJob(new JobID(), "job")
                .addTask(ExecutionAttemptID.randomId(), "task")
                .getOrAddOperator("score"),
            "score",
            new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64)),
            MAX_SIZE);
    metrics.watch(() -> 0, () -> MAX_SIZE, () -> 0);
    return registry.metrics;
  }

  private static List<List<String>> rows() throws IOException {
    return Files.readAllLines(DOCUMENT).stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> List.of(line.replace("`", "").substring(1).split("\\|")))
        .map(cells -> cells.stream().map(String::strip).toList())
        .toList();
  }

  @Test
  void everyMetricHasItsRowWithNameAndKind() throws IOException {
    Map<String, String> documented =
        rows().stream().collect(Collectors.toMap(row -> SCOPE + row.get(0), row -> row.get(1)));
    Map<String, String> registered =
        registered().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().kind()));

    assertThat(documented).isEqualTo(registered);
  }

  @Test
  void everyRowNamesTheLabelsBesidesFlinksOwn() throws IOException {
    Map<String, Registered> registered = registered();

    for (List<String> row : rows()) {
      Map<String, String> labels =
          requireNonNull(registered.get(SCOPE + row.get(0)), row.get(0)).labels();
      assertThat(labels)
          .containsEntry("<step>", "score")
          .containsEntry("<model>", "fraud")
          .containsEntry("<version>", "1.4.2")
          .containsKeys("<job_name>", "<task_name>", "<operator_name>", "<subtask_index>");
      Set<String> further =
          labels.keySet().stream()
              .map(label -> label.substring(1, label.length() - 1))
              .filter(label -> label.equals("le") || label.equals("cause"))
              .collect(Collectors.toSet());
      assertThat(further)
          .as(row.get(0))
          .isEqualTo(row.get(3).isEmpty() ? Set.of() : Set.of(row.get(3)));
    }
  }
}
