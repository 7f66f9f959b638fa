package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.FakeGpu;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.loader.GpuUse;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds docs/metrics.md against what an operator registers with Flink. */
class DocumentedMetricsTest {
  private static final int MAX_SIZE = 256;

  private static Map<String, RecordedMetrics.Exported> registered() {
    RecordedMetrics recorded = new RecordedMetrics();
    InferenceMetrics metrics =
        new InferenceMetrics(
            recorded.taskGroup().getOrAddOperator("score"),
            new Step(
                "score",
                new ModelVersion(
                    "fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64))),
            MAX_SIZE);
    metrics.watch(() -> 0, () -> MAX_SIZE, () -> 0);
    metrics.watch(new GpuUse(new FakeGpu(900), 100, 900), 1);
    return recorded.exported();
  }

  @Test
  void everyMetricHasItsRowWithNameAndKind() throws IOException {
    Map<String, String> documented =
        DocumentedMetrics.rowsOnGpu().stream()
            .collect(Collectors.toMap(DocumentedMetrics.Row::name, DocumentedMetrics.Row::kind));
    Map<String, String> registered =
        registered().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().kind()));

    assertThat(documented).isEqualTo(registered);
  }

  @Test
  void everyRowNamesTheLabelsBesidesFlinksOwn() throws IOException {
    Map<String, RecordedMetrics.Exported> registered = registered();

    for (DocumentedMetrics.Row row : DocumentedMetrics.rowsOnGpu()) {
      Map<String, String> labels = requireNonNull(registered.get(row.name()), row.name()).labels();
      assertThat(labels)
          .containsEntry("<step>", "score")
          .containsEntry("<model>", "fraud")
          .containsEntry("<version>", "1.4.2")
          .containsKeys("<job_name>", "<task_name>", "<operator_name>", "<subtask_index>");
      Set<String> further =
          labels.keySet().stream()
              .map(label -> label.substring(1, label.length() - 1))
              .filter(label -> Set.of("le", "cause", "gpu", "device", "driver").contains(label))
              .collect(Collectors.toSet());
      assertThat(further).as(row.name()).isEqualTo(row.furtherLabels());
    }
  }
}
