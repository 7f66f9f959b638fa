package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import org.junit.jupiter.api.Test;

class WarmedModelTest {
  private final FakeModel model = FakeModel.ofFeatures(2);
  private long nanos;
  private final WarmedModel warmed = new WarmedModel(model, WarmUp.zeros(model), () -> nanos);

  @Test
  void triesTheLargestSizeAndThePowersOfTwoBelow() {
    warmed.warmUpTo(100);

    assertThat(model.callSizes()).containsExactly(100, 64, 32, 16, 8, 4, 2);
  }

  @Test
  void triesEachSizeOnceHoweverManyAsk() {
    warmed.warmUpTo(4);
    warmed.warmUpTo(4);
    warmed.warmUpTo(1);
    warmed.warmUpTo(9);

    assertThat(model.callSizes()).containsExactly(4, 2, 9, 8);
  }

  @Test
  void endsWhenItsTimeIsUp() {
    model.behave(
        (self, input, allocator) -> {
          nanos += WarmedModel.PATIENCE.toNanos() / 2;
          return self.answer(input, allocator);
        });

    warmed.warmUpTo(64);
    warmed.warmUpTo(64);

    assertThat(model.callSizes()).containsExactly(64, 32);
  }

  @Test
  void leavesOutWhatMemoryDoesNotAllow() {
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > 4) {
            throw new ModelOutOfMemoryException("too many");
          }
          return self.answer(input, allocator);
        });

    warmed.warmUpTo(8);

    assertThat(model.callSizes()).containsExactly(8, 4, 2);
  }

  @Test
  void passesOnThatAModelFailsForMoreRowsThanOne() {
    ModelCallException failure = new ModelCallException("a batch of 1 only");
    model.behave(FakeModel.failing(() -> failure));

    assertThatThrownBy(() -> warmed.warmUpTo(2)).isSameAs(failure);
  }

  @Test
  void goesNoFurtherThanWhereAFirstCallMatters() {
    warmed.warmUpTo(1 << 20);

    assertThat(model.callSizes()).startsWith(WarmedModel.LARGEST_SIZE).doesNotContain(1 << 20);
  }
}
