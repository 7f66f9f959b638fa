package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.compose.PlannedPipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFiguresTest {
  private static final String IN = "numRecordsIn";
  private static final String BY_MODEL = "deadLetters";

  @TempDir private Path directory;
  private final RunMetrics metrics = RunMetrics.of(new Configuration());

  @BeforeEach
  void publish() throws IOException {
    new Jobs(directory).publish("fraud", "1.4.2");
  }

  private RunFigures figures() {
    PlannedPipeline pipeline = new Jobs(directory).plan(Jobs.KAFKA, Map.of());
    return RunFigures.of(pipeline, metrics);
  }

  private void count(String operator, String name, String cause, int records) {
    SimpleCounter counter = new SimpleCounter();
    counter.inc(records);
    metrics.notifyOfAddedMetric(
        counter,
        name,
        new UnregisteredMetricsGroup() {
          @Override
          public Map<String, String> getAllVariables() {
            return Map.of("<operator_name>", operator, "<cause>", cause);
          }
        });
  }

  @Test
  void tombstonesOfATableAreNoPredictions() {
    count("score", IN, "", 3);
    count("score", BY_MODEL, "model", 2);
    count("dead-letter: Writer", IN, "", 2);
    count("sink-tombstones", IN, "", 1);
    count("sink-fields", IN, "", 0);

    assertThat(figures().predictions()).isZero();
    assertThat(figures().allDead()).isTrue();
  }

  @Test
  void tombstonesOfATopicAreNoPredictions() {
    count("score", IN, "", 4);
    count("score", BY_MODEL, "model", 2);
    count("dead-letter: Writer", IN, "", 2);
    count("sink: Writer", IN, "", 2);
    count("sink: Writer", "tombstones", "", 1);

    assertThat(figures().predictions()).isEqualTo(1);
    assertThat(figures().allDead()).isFalse();
  }

  @Test
  void aRecordOfATableCountsOnceWhateverWritesIt() {
    count("score", IN, "", 5);
    count("score", BY_MODEL, "unfit", 2);
    count("sink-tombstones", IN, "", 3);
    count("sink-fields", IN, "", 3);
    count("sink: Writer", IN, "", 3);
    count("dead-letter-tombstones", IN, "", 2);
    count("dead-letter-fields", IN, "", 2);
    count("dead-letter: Writer", IN, "", 2);

    RunFigures figures = figures();

    assertThat(figures.recordsIn()).isEqualTo(5);
    assertThat(figures.predictions()).isEqualTo(3);
    assertThat(figures.deadLetters()).containsExactly(Map.entry("unfit", 2L));
  }
}
