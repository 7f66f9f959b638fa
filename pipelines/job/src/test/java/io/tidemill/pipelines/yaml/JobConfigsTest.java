package io.tidemill.pipelines.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JobConfigsTest {
  private static final Path JOB_CONFIGS = Path.of("..", "..", "job-configs");

  private static Stream<Path> jobs() throws IOException {
    try (Stream<Path> files = Files.list(JOB_CONFIGS)) {
      List<Path> jobs = files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
      assertThat(jobs).as("jobs under %s", JOB_CONFIGS).isNotEmpty();
      return jobs.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void isAJobWithoutAnyVariableSet(Path job) {
    PipelineDefinition definition = new PipelineReader(Map.of()).read(job).definition();

    assertThat(job).hasFileName(definition.name() + ".yaml");
  }

  @Test
  void fraudScoringSendsBrokenRecordsAndPredictionsToTheSameBroker() {
    PipelineDefinition job =
        new PipelineReader(Map.of("KAFKA_BOOTSTRAP", "broker:1"))
            .read(JOB_CONFIGS.resolve("fraud-scoring.yaml"))
            .definition();

    assertThat(job.deadLetter()).isNotNull();
    assertThat(Stream.of(job.source(), job.sink(), job.deadLetter()))
        .allSatisfy(
            connector ->
                assertThat(connector.options())
                    .containsEntry("properties.bootstrap.servers", "broker:1"));
    assertThat(job.sink().options()).containsEntry("sink.delivery-guarantee", "exactly-once");
    assertThat(job.steps())
        .singleElement()
        .extracting(StepDefinition::model)
        .isEqualTo("fraud@production");
  }
}
