package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import org.junit.jupiter.api.Test;

class DeadStreakTest {
  private static final Step STEP = new Step("score", FakeModel.version("fraud", "1.4.2"));
  private static final StepSettings SETTINGS = StepSettings.defaults().withMaxSize(1);

  private static void leave(DeadStreak streak, int batches) {
    for (int i = 0; i < batches; i++) {
      streak.deadLetter(STEP.deadLetter(7L, DeadLetterCause.UNFIT, "id: -2", i, 0));
      streak.batchLeft();
    }
  }

  @Test
  void endsAtTheNumberThatTheStepSays() {
    DeadStreak streak = new DeadStreak(STEP, SETTINGS.withDeadBatches(300));
    leave(streak, 299);

    assertThatThrownBy(() -> leave(streak, 1))
        .as("whose columns do not fit, which is no fault of the model's")
        .isInstanceOf(StepSettingsException.class)
        .hasMessageContaining("300 records in 300 batches became dead letters")
        .hasMessageContaining(
            "the last for UNFIT: id: -2 (expected: fewer than dead-batches, 300)");
  }

  @Test
  void beginsAgainWithAResult() {
    DeadStreak streak = new DeadStreak(STEP, SETTINGS);
    leave(streak, 255);
    streak.result();
    leave(streak, 255);

    assertThatThrownBy(() -> leave(streak, 1)).isInstanceOf(InferenceException.class);
  }
}
