package io.tidemill.inference.operator;

import static io.tidemill.inference.operator.StepHarness.scored;
import static io.tidemill.inference.operator.StepHarness.scoredRange;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A checkpoint in every state of a batch. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class StateTest {
  private static final StepSettings SETTINGS =
      StepSettings.defaults()
          .withBatching(new BatchPolicy(2, Long.MAX_VALUE, Duration.ofMillis(20), 2))
          .withWorkers(2);

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final HeldCalls calls = new HeldCalls();

  private List<String> restoreAndFinish(OperatorSubtaskState state) throws Exception {
    try (StepHarness restored =
        new StepHarness(SETTINGS, FakeModel.ofFeatures(1)).restore(state).open()) {
      restored.endInput();
      return restored.output();
    }
  }

  @Test
  void recordsOfTheOpenBatchAreRestored() throws Exception {
    OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1);
      state = step.snapshot();
    }
    assertThat(restoreAndFinish(state)).isEqualTo(scored(1));
  }

  @Test
  void recordsInFlightAreRestoredInOrderBeforeThoseOfTheOpenBatch() throws Exception {
    model.behave(calls);
    OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4, 5);
      calls.next();
      calls.next();
      // The calls go on: the checkpoint waits for none of them.
      state = step.snapshot();
    }
    assertThat(restoreAndFinish(state)).isEqualTo(scored(1, 2, 3, 4, 5));
  }

  @Test
  void recordsThatAreScoredButNotEmittedAreRestored() throws Exception {
    model.behave(calls);
    OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      (one.first() == 1 ? other : one).answer();
      step.runMail();
      assertThat(step.output()).isEmpty();
      state = step.snapshot();
    }
    assertThat(restoreAndFinish(state)).isEqualTo(scored(1, 2, 3, 4));
  }

  @Test
  void emittedRecordsAreNotInTheState() throws Exception {
    OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3);
      step.awaitOutput(2);
      state = step.snapshot();
    }
    assertThat(restoreAndFinish(state)).isEqualTo(scored(3));
  }

  @Test
  void recordsThatLeftABatchInPartAreNotInTheState() throws Exception {
    StepSettings unordered = SETTINGS.withOrder(Order.UNORDERED);
    model.behave(calls);
    OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(unordered, model).open()) {
      step.send(1, 2, 3);
      step.watermark(3);
      step.send(4);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      (one.first() == 1 ? other : one).answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(3));
      state = step.snapshot();
    }
    assertThat(restoreAndFinish(state)).isEqualTo(scored(1, 2, 4));
  }

  @Test
  void restoredRecordsKeepTheirTimestamps() throws Exception {
    OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.flink().processElement(1L, 1234L);
      state = step.snapshot();
    }
    try (StepHarness restored = new StepHarness(SETTINGS, model).restore(state).open()) {
      restored.endInput();
      assertThat(restored.timestamps()).containsExactly(1234L);
    }
  }

  @Test
  void moreRecordsThanSlotsHoldAreRestored() throws Exception {
    OperatorSubtaskState state;
    StepSettings large =
        SETTINGS.withBatching(new BatchPolicy(1000, Long.MAX_VALUE, Duration.ofMillis(20), 1));
    try (StepHarness step = new StepHarness(large, model).open()) {
      for (int record = 1; record <= 999; record++) {
        step.send(record);
      }
      state = step.snapshot();
    }
    assertThat(restoreAndFinish(state)).isEqualTo(scoredRange(1, 999));
  }

  /** Nothing grows with what was scored before; docs/scale.md has the figures. */
  @Test
  void aStateHasAFewBytesBesideTheRecordsThatWait() throws Exception {
    StepSettings large =
        SETTINGS.withBatching(new BatchPolicy(1000, Long.MAX_VALUE, Duration.ofMillis(20), 1));
    long empty;
    long full;
    try (StepHarness step = new StepHarness(large, model).open()) {
      for (int record = 1; record <= 1000; record++) {
        step.send(record);
      }
      step.awaitOutput(1000);
      empty = step.snapshot().getStateSize();
      for (int record = 1; record <= 900; record++) {
        step.send(record);
      }
      full = step.snapshot().getStateSize();
    }
    assertThat(empty).isLessThan(2_000);
    assertThat((full - empty) / 900.0).isBetween((double) Long.BYTES, Long.BYTES + 10.0);
  }

  @Test
  void aLearnedLimitGoesToEverySubtask() throws Exception {
    StepSettings eight =
        SETTINGS.withBatching(new BatchPolicy(8, Long.MAX_VALUE, Duration.ofMillis(20), 1));
    List<OperatorSubtaskState> states = new ArrayList<>();
    for (int subtask = 0; subtask < 3; subtask++) {
      GatedCalls small = new GatedCalls(Set.of(), Set.of());
      small.open(true);
      small.fits(subtask == 1 ? 2 : 4);
      FakeModel own = FakeModel.ofFeatures(1).behave(small);
      try (StepHarness step = new StepHarness(eight, own, 3, subtask).open()) {
        step.send(1, 2, 3, 4, 5, 6, 7, 8);
        step.runMail();
        states.add(step.snapshot());
      }
    }

    OperatorSubtaskState all =
        AbstractStreamOperatorTestHarness.repackageState(
            states.toArray(OperatorSubtaskState[]::new));
    for (int subtask = 0; subtask < 4; subtask++) {
      OperatorSubtaskState part =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(all, 128, 3, 4, subtask);
      try (StepHarness step = new StepHarness(eight, model, 4, subtask).restore(part).open()) {
        assertThat(step.metrics().gauge("sizeLimit"))
            .as("of subtask %d", subtask)
            .isEqualTo(List.of(4, 2, 4, 4).get(subtask));
      }
    }
  }

  @Test
  void everyRecordSurvivesRescalingFromTwoToFiveToOne() throws Exception {
    List<OperatorSubtaskState> states = new ArrayList<>();
    for (int subtask = 0; subtask < 2; subtask++) {
      FakeModel held = FakeModel.ofFeatures(1).behave(new HeldCalls());
      try (StepHarness step = new StepHarness(SETTINGS, held, 2, subtask).open()) {
        for (int record = 1; record <= 5; record++) {
          step.send(10 * subtask + record);
        }
        states.add(step.snapshot());
      }
    }

    OperatorSubtaskState both =
        AbstractStreamOperatorTestHarness.repackageState(
            states.toArray(OperatorSubtaskState[]::new));
    List<OperatorSubtaskState> fives = new ArrayList<>();
    for (int subtask = 0; subtask < 5; subtask++) {
      OperatorSubtaskState part =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(both, 128, 2, 5, subtask);
      FakeModel held = FakeModel.ofFeatures(1).behave(new HeldCalls());
      try (StepHarness step = new StepHarness(SETTINGS, held, 5, subtask).restore(part).open()) {
        fives.add(step.snapshot());
      }
    }

    OperatorSubtaskState all =
        AbstractStreamOperatorTestHarness.repackageState(
            fives.toArray(OperatorSubtaskState[]::new));
    OperatorSubtaskState one =
        AbstractStreamOperatorTestHarness.repartitionOperatorState(all, 128, 5, 1, 0);
    assertThat(restoreAndFinish(one))
        .containsExactlyInAnyOrderElementsOf(scored(1, 2, 3, 4, 5, 11, 12, 13, 14, 15));
  }

  /** The state of one subtask that holds records 1 to 5. */
  private OperatorSubtaskState heldUp() throws Exception {
    FakeModel held = FakeModel.ofFeatures(1).behave(new HeldCalls());
    try (StepHarness step = new StepHarness(SETTINGS, held).open()) {
      step.send(1, 2, 3, 4, 5);
      return step.snapshot();
    }
  }

  @Test
  void restoredRecordsKeepTheirOrderAtTheSameParallelism() throws Exception {
    try (StepHarness step = new StepHarness(SETTINGS, model).restore(heldUp()).open()) {
      step.send(6, 7);
      step.endInput();
      assertThat(step.output()).isEqualTo(scoredRange(1, 7));
    }
  }

  @Test
  void restoredRecordsMayLeaveBehindLaterOnesOfTheirOriginAtAnotherParallelism() throws Exception {
    OperatorSubtaskState state = heldUp();
    List<List<String>> left = new ArrayList<>();
    for (int subtask = 0; subtask < 2; subtask++) {
      OperatorSubtaskState part =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(state, 128, 1, 2, subtask);
      try (StepHarness step = new StepHarness(SETTINGS, model, 2, subtask).restore(part).open()) {
        if (subtask == 0) {
          step.send(6, 7); // What their source's partition brings now.
        }
        step.endInput();
        left.add(step.output());
      }
    }

    // The second subtask may be the slower one, with records that came before 6 and 7.
    assertThat(left.get(0)).endsWith("6=6.0", "7=7.0").isSorted();
    assertThat(left.get(1)).isNotEmpty().isSorted();
    assertThat(left.stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(scoredRange(1, 7));
  }
}
