package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import org.junit.jupiter.api.Test;

class DirectMemoryTest {
  private static final Step STEP = new Step("score", FakeModel.version("fraud", "1.4.2"));

  private final DirectMemory memory = new DirectMemory(1000, () -> 100);

  @Test
  void refusesWhatTheOtherStepsLeaveTooLittleFor() {
    memory.promise(STEP, 600);

    assertThatThrownBy(() -> memory.promise(STEP, 301))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining(
            "direct memory: 1000 bytes, of which other steps of this process and Flink leave 300"
                + " (expected: >= 301 for this subtask); raise"
                + " taskmanager.memory.task.off-heap.size");
    memory.promise(STEP, 300);
  }

  @Test
  void whatIsGivenBackIsPromisedAgainOnce() {
    DirectMemory.Promise first = memory.promise(STEP, 900);
    first.close();
    first.close();

    memory.promise(STEP, 900);

    assertThatThrownBy(() -> memory.promise(STEP, 1)).isInstanceOf(InferenceException.class);
  }

  @Test
  void whatIsNotKeptIsPromisedAgain() {
    DirectMemory.Promise first = memory.promise(STEP, 900);
    first.keepOnly(300);

    memory.promise(STEP, 600);

    first.keepOnly(400);
    assertThat(memory.promised()).isEqualTo(900);
    first.close();
    assertThat(memory.promised()).isEqualTo(600);
  }

  @Test
  void theProcessHasNoMoreThanItsSettingSays() {
    assertThatThrownBy(() -> DirectMemory.OF_PROCESS.promise(STEP, 1L << 60))
        .isInstanceOf(InferenceException.class);
  }
}
