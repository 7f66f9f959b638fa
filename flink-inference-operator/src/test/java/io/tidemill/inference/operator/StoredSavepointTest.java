package io.tidemill.inference.operator;

import static io.tidemill.inference.operator.StepHarness.scoredRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a release wrote, later ones restore. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class StoredSavepointTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "savepoints");

  /** Writes the layout of a release to come. */
  private static final class FutureStep extends AbstractStreamOperator<String>
      implements OneInputStreamOperator<Long, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
      super.initializeState(context);
      context
          .getOperatorStateStore()
          .getListState(new ListStateDescriptor<>("tidemill-layout", IntSerializer.INSTANCE))
          .update(List.of(3));
    }

    @Override
    public void processElement(StreamRecord<Long> element) {}
  }

  static List<Path> releases() throws IOException {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders.map(folder -> folder.resolve("step")).toList();
    }
  }

  private static void restoresEverything(Path file) throws Exception {
    FakeModel model = FakeModel.ofFeatures(1);
    try (StepHarness step =
        new StepHarness(StoredSavepoint.SETTINGS, model)
            .restore(StoredSavepoint.read(file))
            .open()) {
      assertThat(step.metrics().gauge("sizeLimit")).isEqualTo(StoredSavepoint.SIZE_LIMIT);
      step.endInput();
      assertThat(step.output()).isEqualTo(scoredRange(5, 9));
      assertThat(step.timestamps()).containsExactly(5L, 6L, 7L, null, 9L);
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void everyRecordOfAReleasesSavepointIsRestored(Path file) throws Exception {
    restoresEverything(file);
  }

  @Test
  void thisReleasesSavepointIsKept() throws IOException {
    assertThat(releases()).contains(FOLDER.resolve("0.1.0").resolve("step"));
  }

  @Test
  void whatIsWrittenNowIsRestoredToo(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("step");

    StoredSavepoint.write(file);

    restoresEverything(file);
  }

  @Test
  void layoutOfTheFutureIsRefused() throws Exception {
    OperatorSubtaskState future;
    try (OneInputStreamOperatorTestHarness<Long, String> harness =
        new OneInputStreamOperatorTestHarness<>(new FutureStep(), LongSerializer.INSTANCE)) {
      harness.open();
      future = harness.snapshot(1, 1);
    }

    StepHarness step = new StepHarness(StoredSavepoint.SETTINGS, FakeModel.ofFeatures(1));
    assertThatThrownBy(() -> step.restore(future))
        .hasStackTraceContaining(
            "layout of the restored state: 3 (expected: <= 2); restore it with the release that"
                + " wrote it or a newer one");
  }
}
