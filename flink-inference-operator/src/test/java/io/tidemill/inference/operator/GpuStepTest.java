package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.FakeGpu;
import io.tidemill.model.FakeModel;
import io.tidemill.model.Gpu;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.loader.FakeModels;
import io.tidemill.model.loader.GpuUse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A step whose model is on a GPU. A record takes 4 bytes there, and its score as many. */
@Timeout(300)
class GpuStepTest {
  private static final List<String> OF_GPU =
      List.of(
          "copiedInBytes",
          "copiedOutBytes",
          "callers",
          "busy",
          "usedBytes",
          "modelBytes",
          "totalBytes");

  private final FakeGpu gpu = new FakeGpu(900);
  private final FakeModel model = FakeModel.ofFeatures(1).on(gpu);

  private static StepSettings settings(int maxSize, int maxInFlight) {
    return StepSettings.defaults()
        .withBatching(
            new BatchPolicy(
                maxSize, BatchPolicy.UNLIMITED_BYTES, Duration.ofHours(1), maxInFlight));
  }

  @Test
  void tellsItsCopiesAndWhatTheDriverSaysNow() throws Exception {
    try (StepHarness step = new StepHarness(settings(3, 4).withWorkers(2), model).open()) {
      step.send(1, 2, 3);
      step.runMail();
      gpu.free(250);

      RecordedMetrics metrics = step.metrics();
      assertThat(metrics.counter("copiedInBytes")).isEqualTo(3 * 4);
      assertThat(metrics.counter("copiedOutBytes")).isEqualTo(3 * 4);
      assertThat(metrics.gauge("callers")).isEqualTo(2);
      assertThat(metrics.gauge("busy")).isEqualTo(0.25);
      assertThat(metrics.gauge("usedBytes")).isEqualTo(750.0);
      assertThat(metrics.gauge("modelBytes")).isEqualTo(FakeModels.MODEL_BYTES);
      assertThat(metrics.gauge("totalBytes")).isEqualTo(1000.0);
      assertThat(
              requireNonNull(
                      metrics
                          .exported()
                          .get(DocumentedMetrics.SCOPE + "gpu_device_driver_totalBytes"))
                  .labels())
          .containsEntry("<gpu>", "1")
          .containsEntry("<device>", "Fake 1000")
          .containsEntry("<driver>", "1.2.3");
    }
  }

  @Test
  void aCallThatIsMadeAgainCopiesAgainAndAnswersOnce() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > 2) {
            throw new ModelOutOfMemoryException("no memory");
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(4, 1), model).open()) {
      step.send(1, 2, 3, 4);
      step.runMail();

      assertThat(step.metrics().counter("copiedInBytes")).isEqualTo((4 + 2 + 2) * 4);
      assertThat(step.metrics().counter("copiedOutBytes")).isEqualTo((2 + 2) * 4);
    }
  }

  @Test
  void whatTheDriverDoesNotSayIsNoMetric() throws Exception {
    gpu.withoutUse();
    try (StepHarness step = new StepHarness(settings(1, 1), model).open()) {
      assertThat(step.metrics().names()).contains("usedBytes").doesNotContain("busy");
    }
    record Unknown(Device device) implements Gpu {}
    model.on(new Unknown(Device.parse("gpu:0")));
    try (StepHarness step = new StepHarness(settings(1_000_000, 1), model).open()) {
      assertThat(step.metrics().names())
          .contains("copiedInBytes", "copiedOutBytes", "callers")
          .doesNotContain("busy", "usedBytes", "totalBytes");
    }
  }

  @Test
  void oneWithoutAMailboxTellsAsMuch() throws Exception {
    RecordedMetrics metrics = new RecordedMetrics();
    Scoring<Long, String> scoring =
        new Scoring<>(
            "score",
            settings(1, 1),
            FakeModels.source(model),
            new StepHarness.Encoder(),
            new StepHarness.Decoder());
    AsyncStep.Place place =
        new AsyncStep.Place(0, Set.of(), metrics.taskGroup(), getClass().getClassLoader());
    try (AsyncStep<Long, String> step = AsyncStep.open(scoring, place, letter -> "dead")) {
      step.score(7L).get();

      assertThat(metrics.names()).containsAll(OF_GPU);
    }
  }

  @Test
  void onTheCpuThereIsNoMetricOfAGpu() throws Exception {
    try (StepHarness step =
        new StepHarness(settings(1, 1), FakeModel.ofFeatures(1)).callingHere().open()) {
      step.send(1);

      assertThat(step.metrics().names()).contains("modelNanos").doesNotContainAnyElementsOf(OF_GPU);
    }
  }

  /** In all 8 bytes a record in each of two calls at once, of 4 batches in flight. */
  @Test
  void refusesBatchesThatTheGpuCouldNotHoldBeforeTheFirstRecord() throws Exception {
    try (StepHarness step = new StepHarness(settings(125, 4), model).open()) {
      assertThat(step.metrics().gauge("callers")).isEqualTo(2);
    }
    try (StepHarness step = new StepHarness(settings(126, 4), model)) {
      assertThatThrownBy(step::open)
          .isInstanceOf(StepMemoryException.class)
          .hasMessage(
              "step 'score', fake:1.0.0: memory of gpu:1 (Fake 1000): 1000 bytes (expected: >= 1008, for inputs and outputs of a call of at most 126 records, and what model and engine take besides); lower max-size, or name another device");
    }
    assertThat(model.calls()).isEmpty();
  }

  /** What an engine keeps for later calls is not free, and serves them all the same. */
  @Test
  void doubtsBatchesThatHardlyFitBesideTheModel() {
    GpuUse use = new GpuUse(gpu, 100, 900);

    assertThat(memory(56).doubtOf(use)).isEmpty();
    assertThat(memory(57).doubtOf(use))
        .contains(
            "memory of gpu:1 (Fake 1000): 900 bytes of 1000 were free when the model was loaded (expected: >= 912, for inputs and outputs of 2 calls at once of at most 57 records each); batches that do not fit are halved");
  }

  private StepMemory memory(int maxSize) {
    return new StepMemory(
        new Step("score", model.version()), model.signature(), settings(maxSize, 4).withWorkers(2));
  }
}
