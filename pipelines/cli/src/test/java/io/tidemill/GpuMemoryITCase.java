package io.tidemill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.operator.DeadLetterTypeInfo;
import io.tidemill.inference.operator.InferenceOperatorFactory;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.engine.pytorch.TorchGpu;
import io.tidemill.model.engine.pytorch.TorchScripts;
import io.tidemill.model.loader.ModelSource;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.clusterframework.types.ResourceID;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.metrics.groups.TaskManagerMetricGroup;
import org.apache.flink.runtime.metrics.groups.TaskMetricGroup;
import org.apache.flink.runtime.metrics.util.TestingMetricRegistry;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a step does when a GPU runs out of memory; left out where there is none. A record {@code 7}
 * is scored as 7.0, and takes as many MiB of the GPU as the greatest record of its call says.
 */
class GpuMemoryITCase {
  private static final OutputTag<DeadLetter<Long>> DEAD_LETTERS =
      new OutputTag<>("dead-letters", new DeadLetterTypeInfo<>(Types.LONG));

  @TempDir private Path directory;
  private final Map<String, Metric> metrics = new ConcurrentHashMap<>();
  private MockEnvironment environment;
  private OneInputStreamOperatorTestHarness<Long, String> step;

  @BeforeEach
  void needsAGpu() {
    TorchGpu.assumeOne();
  }

  private void open(int maxSize) throws Exception {
    environment = new MockEnvironmentBuilder().setMetricGroup(taskGroup()).build();
    step =
        new OneInputStreamOperatorTestHarness<>(
            new InferenceOperatorFactory<>(
                "score",
                StepSettings.defaults()
                    .withBatching(new BatchPolicy(maxSize, Long.MAX_VALUE, Duration.ofHours(1), 2)),
                model(),
                (record, columns, row) -> {
                  columns.fixedWidth(0).setFloat(row, record);
                  return true;
                },
                (record, outputs, row) -> record + "=" + outputs.fixedWidth(0).getFloat(row),
                DEAD_LETTERS),
            environment);
    step.getStreamConfig().setupNetworkInputs(LongSerializer.INSTANCE);
    step.getStreamConfig().serializeAllConfigs();
    step.open();
  }

  private ModelSource model() {
    Path files = directory.resolve("greedy");
    SemanticVersion version = SemanticVersion.parse("1.0.0");
    ModelStore store = ModelStore.open(directory.resolve("store").toString());
    store.push(
        new ModelDraft("greedy", version, "pytorch", TorchScripts.greedy(files), Map.of()), files);
    return StoredModel.resolve(
        store.uri().toString(), ModelRef.parse("greedy:1.0.0"), Device.parse("gpu"));
  }

  private TaskMetricGroup taskGroup() {
    TestingMetricRegistry registry =
        TestingMetricRegistry.builder()
            .setRegisterConsumer((metric, name, group) -> metrics.put(name, metric))
            .build();
    return TaskManagerMetricGroup.createTaskManagerMetricGroup(
            registry, "host", ResourceID.generate())
        .addJob(new JobID(), "job")
        .addTask(ExecutionAttemptID.randomId(), "task");
  }

  private int sizeLimit() {
    return (Integer) ((Gauge<?>) metrics.get("sizeLimit")).getValue();
  }

  private long extraCalls() {
    return ((Counter) metrics.get("extraCalls")).getCount();
  }

  private void send(LongStream records) throws Exception {
    for (long record : records.toArray()) {
      step.processElement(record, record);
    }
  }

  private void awaitOutput(int count) throws Exception {
    while (step.getOutput().size() < count) {
      step.getTaskMailbox().take(0).run();
    }
  }

  private List<String> results() {
    return step.extractOutputStreamRecords().stream()
        .map(record -> String.valueOf(record.getValue()))
        .toList();
  }

  private static List<String> scored(LongStream records) {
    return records.mapToObj(record -> record + "=" + (float) record).toList();
  }

  @Test
  void batchTooLargeForTheGpuIsHalvedAndTheSizeThatFitsRemembered() throws Exception {
    open(1024);
    assertThat(sizeLimit()).isEqualTo(1024);

    // At least 1 TiB in one call, and at most 2 GiB for one record.
    send(LongStream.rangeClosed(1025, 2048));
    awaitOutput(1024);
    assertThat(results()).isEqualTo(scored(LongStream.rangeClosed(1025, 2048)));
    int learned = sizeLimit();
    assertThat(learned).isBetween(1, 512);

    long callsBefore = extraCalls();
    send(LongStream.rangeClosed(1025, 1024 + learned));
    awaitOutput(1024 + learned);
    assertThat(extraCalls()).as("calls after the first of a batch").isEqualTo(callsBefore);
    assertThat(results())
        .isEqualTo(
            scored(
                LongStream.concat(
                    LongStream.rangeClosed(1025, 2048),
                    LongStream.rangeClosed(1025, 1024 + learned))));
    assertThat(step.getSideOutput(DEAD_LETTERS)).isNull();
  }

  @Test
  void singleRecordTooLargeForTheGpuIsADeadLetter() throws Exception {
    open(8);
    long huge = 4L << 20;

    send(LongStream.of(1, 2, 3, huge, 4, 5, 6, 7));
    awaitOutput(7);

    assertThat(results()).isEqualTo(scored(LongStream.rangeClosed(1, 7)));
    assertThat(step.getSideOutput(DEAD_LETTERS))
        .extracting(StreamRecord::getValue)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.record()).isEqualTo(huge);
              assertThat(letter.cause()).isEqualTo(DeadLetterCause.OUT_OF_MEMORY);
              assertThat(letter.attempts()).isEqualTo(4);
              assertThat(letter.message())
                  .contains("PyTorch ran out of memory in a call with 1 rows: ")
                  .contains("CUDA out of memory");
            });
  }

  @AfterEach
  void close() throws Exception {
    if (step != null) {
      step.close();
      environment.close();
    }
  }
}
