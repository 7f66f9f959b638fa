package io.tidemill.pipelines.compose;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Device;
import io.tidemill.model.FakeGpu;
import io.tidemill.model.Gpu;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A record takes 12 bytes of the GPU, in each of two calls at once. */
class PlannedGpuTest {
  @TempDir private Path directory;
  private final FakeGpu gpu = new FakeGpu(900);

  @BeforeEach
  void publish() throws IOException {
    new Jobs(directory).publish("fraud", "1.4.2");
  }

  private PlannedPipeline plan(String device, int maxSize) {
    return new Jobs(directory)
        .plan(
            Jobs.KAFKA.replace(
                "resources: { device: cpu, parallelism: 2 }",
                "batching: { max-size: %d }\n    resources: { device: %s }"
                    .formatted(maxSize, device)),
            Map.of());
  }

  private static PlannedGpu of(PipelinePlan plan) {
    return requireNonNull(plan.steps().get(0).gpu(), "gpu");
  }

  @Test
  void saysWhatTheGpuIsAndWhatShareOfItCallsTakeAtLeast() {
    PipelinePlan plan = plan("gpu:1", 25).describe(model -> Optional.of(gpu));

    assertThat(of(plan))
        .isEqualTo(new PlannedGpu("Fake 1000", "1.2.3", 1000L, 900L, 600, 0.6))
        .hasToString(
            "Fake 1000, driver 1.2.3: 1000 B, of which 900 B are free here now; calls of full batches take 600 B at least (60.0 %)");
    assertThat(plan.notes()).noneMatch(note -> note.contains("gpu"));
  }

  @Test
  void saysThatFullBatchesWouldBeHalved() {
    PipelinePlan plan = plan("gpu:1", 38).describe(model -> Optional.of(gpu));

    assertThat(plan.notes())
        .contains(
            "score: here and now gpu:1 has too little memory for its full batches, which would be halved; a smaller max-size or max-in-flight takes less");
  }

  @Test
  void aGpuThatNoDriverKnowsHereIsPlannedAllTheSame() {
    record Unknown(Device device) implements Gpu {}
    PlannedPipeline pipeline = plan("gpu:1", 256);

    assertThat(of(pipeline.describe(model -> Optional.of(new Unknown(Device.parse("gpu:1"))))))
        .isEqualTo(new PlannedGpu("unknown", "unknown", null, null, 6144, null))
        .hasToString("not known to a driver here; calls of full batches take 6 KiB of it at least");
    assertThat(pipeline.gpus(model -> Optional.of(new Unknown(Device.parse("gpu:1"))))).isEmpty();
  }

  @Test
  void thereIsNoneOnTheCpuNorWhereATaskChooses() {
    for (String device : new String[] {"cpu", "gpu:auto"}) {
      PlannedPipeline pipeline = plan(device, 256);

      assertThat(pipeline.describe().steps().get(0).gpu()).as(device).isNull();
      assertThat(pipeline.gpus()).as(device).isEmpty();
    }
  }

  @Test
  void tellsTheGpusThatARunIsOn() {
    assertThat(plan("gpu:1", 25).gpus(model -> Optional.of(gpu)))
        .isEqualTo(Map.of("gpu:1", "Fake 1000, driver 1.2.3, 0 MiB"));
  }
}
