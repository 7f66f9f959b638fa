package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.ModelSource;
import io.tidemill.model.loader.TaskContext;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which GPU a subtask takes of those that Flink gives to its process. */
class DeviceTest {
  private static final Queue<String> CHOSEN = new ConcurrentLinkedQueue<>();

  /** Chooses as a stored model does, and loads nothing there. */
  private record ChoosingSource(ModelVersion version, Signature signature, Device device)
      implements ModelSource {
    ChoosingSource(FakeModel model) {
      this(model.version(), model.signature(), Device.GPU_AUTO);
    }

    @Override
    public ModelHandle open() {
      throw new IllegalStateException("no task (expected: one that chooses)");
    }

    @Override
    public ModelHandle open(TaskContext task) {
      CHOSEN.add(task.choose(version, device).toString());
      FakeModel model = new FakeModel(version, signature);
      return new ModelHandle(model, model::close);
    }
  }

  private record Gpu(String index) implements ExternalResourceInfo {
    @Override
    public Optional<String> getProperty(String key) {
      return key.equals("index") ? Optional.of(index) : Optional.empty();
    }

    @Override
    public Set<String> getKeys() {
      return Set.of("index");
    }
  }

  @BeforeEach
  void forget() {
    CHOSEN.clear();
  }

  private static List<String> chosen(int parallelism, String... gpus) throws Exception {
    Set<ExternalResourceInfo> infos =
        Arrays.stream(gpus).map(Gpu::new).collect(Collectors.toUnmodifiableSet());
    for (int subtask = 0; subtask < parallelism; subtask++) {
      try (MockEnvironment environment =
              new MockEnvironmentBuilder()
                  .setMaxParallelism(parallelism)
                  .setParallelism(parallelism)
                  .setSubtaskIndex(subtask)
                  .setExternalResourceInfoProvider(name -> name.equals("gpu") ? infos : Set.of())
                  .build();
          OneInputStreamOperatorTestHarness<Long, String> harness = harness(environment)) {
        harness.open();
        harness.endInput();
      }
    }
    return List.copyOf(CHOSEN);
  }

  private static OneInputStreamOperatorTestHarness<Long, String> harness(
      MockEnvironment environment) throws Exception {
    OneInputStreamOperatorTestHarness<Long, String> harness =
        new OneInputStreamOperatorTestHarness<>(
            new InferenceOperatorFactory<>(
                new StepParts<>(
                    new Scoring<>(
                        "score",
                        StepSettings.defaults(),
                        new ChoosingSource(FakeModel.ofFeatures(1)),
                        new StepHarness.Encoder(),
                        new StepHarness.Decoder()),
                    StepHarness.DEAD_LETTERS,
                    new FakeClock(),
                    (limit, use) -> new FixedPlace())),
            environment);
    harness.getStreamConfig().setupNetworkInputs(LongSerializer.INSTANCE);
    harness.getStreamConfig().serializeAllConfigs();
    return harness;
  }

  @Test
  void subtasksTakeDifferentGpusOfThoseThatFlinkGives() throws Exception {
    assertThat(chosen(2, "3", "1")).containsExactly("gpu:1", "gpu:3");
  }

  @Test
  void subtasksBeyondTheGpusShareThemInTurn() throws Exception {
    assertThat(chosen(3, "0", "1")).containsExactly("gpu:0", "gpu:1", "gpu:0");
  }

  @Test
  void aTaskWithoutAGpuFails() {
    assertThatThrownBy(() -> chosen(1))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("Flink gives no GPU to this TaskManager");
  }
}
