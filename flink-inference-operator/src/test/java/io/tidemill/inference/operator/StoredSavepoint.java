package io.tidemill.inference.operator;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelOutOfMemoryException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;

/**
 * The state of a step as each release wrote it, under {@code src/test/resources/savepoints}. A file
 * there is never written again; {@link StoredSavepointTest} restores every one of them.
 *
 * <p>It is a step's state alone, as a harness takes it; {@link StoredJob} has the savepoint of a
 * job. {@link NewReleaseITCase} writes those of a new release.
 */
final class StoredSavepoint {
  static final StepSettings SETTINGS =
      StepSettings.defaults()
          .withBatching(new BatchPolicy(4, Long.MAX_VALUE, Duration.ofMillis(20), 2));

  /** The size that memory had taught. */
  static final int SIZE_LIMIT = 2;

  private StoredSavepoint() {}

  static OperatorSubtaskState read(Path file) throws Exception {
    return OperatorSnapshotUtil.readStateHandle(file.toString());
  }

  /**
   * Writes a step with two batches in flight and an open one: records 5 to 9, 8 has no timestamp.
   */
  static void write(Path file) throws Exception {
    Files.createDirectories(file.toAbsolutePath().getParent());
    FakeModel model = FakeModel.ofFeatures(1);
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > SIZE_LIMIT) {
            throw new ModelOutOfMemoryException("no room for " + input.rows() + " rows");
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4);
      step.runMail();
      model.behave(new HeldCalls());
      step.send(5, 6, 7);
      step.flink().processElement(new StreamRecord<>(8L));
      step.send(9);
      OperatorSnapshotUtil.writeStateHandle(step.snapshot(), file.toString());
    }
  }
}
