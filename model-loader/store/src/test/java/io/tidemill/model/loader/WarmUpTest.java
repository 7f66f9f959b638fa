package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.golden.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private final FakeModel model = FakeModel.ofFeatures(2);
  private long nanos;
  private final WarmUp warmUp = new WarmUp(model, Sample.zeros(model.signature()), () -> nanos);

  @Test
  void triesTheLargestSizeAndThePowersOfTwoBelow() throws Exception {
    warmUp.upTo(100);

    assertThat(model.callSizes()).containsExactly(100, 64, 32, 16, 8, 4, 2);
  }

  @Test
  void triesEachSizeOnceHoweverManyAsk() throws Exception {
    warmUp.upTo(4);
    warmUp.upTo(4);
    warmUp.upTo(1);
    warmUp.upTo(9);

    assertThat(model.callSizes()).containsExactly(4, 2, 9, 8);
  }

  @Test
  void endsWhenItsTimeIsUp() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          nanos += WarmUp.PATIENCE.toNanos() / 2;
          return self.answer(input, allocator);
        });

    warmUp.upTo(64);
    warmUp.upTo(64);

    assertThat(model.callSizes()).containsExactly(64, 32);
  }

  @Test
  void leavesOutWhatMemoryDoesNotAllow() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > 4) {
            throw new ModelOutOfMemoryException("too many");
          }
          return self.answer(input, allocator);
        });

    warmUp.upTo(8);

    assertThat(model.callSizes()).containsExactly(8, 4, 2);
  }

  @Test
  void passesOnThatAModelFailsForMoreRowsThanOne() throws Exception {
    ModelCallException failure = new ModelCallException("a batch of 1 only");
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > 1) {
            throw failure;
          }
          return self.answer(input, allocator);
        });

    assertThatThrownBy(() -> warmUp.upTo(2)).isSameAs(failure);
  }

  @Test
  void warnsOnceThatAModelCannotScoreZerosAndTriesNoMore() throws Exception {
    model.behave(FakeModel.failing(() -> new ModelCallException("not a picture")));
    List<String> warnings =
        Logged.by(
            WarmUp.class,
            () -> {
              warmUp.upTo(4);
              warmUp.upTo(8);
              warmUp.one();
            });

    assertThat(warnings)
        .containsExactly(
            "WARN fake:1.0.0: cannot score zeros, so it is neither warmed up nor proved healthy later: not a picture (expected: a golden.arrow among the version's files)");
    assertThat(model.callSizes()).containsExactly(4, 1);
    assertThat(warmUp.proof()).isNull();
  }

  @Test
  void warnsOfASizeThatMemoryDoesNotAllow() throws Exception {
    model.behave(FakeModel.failing(() -> new ModelOutOfMemoryException("too many")));

    assertThat(Logged.by(WarmUp.class, () -> warmUp.upTo(2)))
        .singleElement()
        .asString()
        .startsWith("WARN fake:1.0.0: not warmed up with 2 rows: ")
        .endsWith("too many");
  }

  @Test
  void goesNoFurtherThanWhereAFirstCallMatters() throws Exception {
    warmUp.upTo(1 << 20);

    assertThat(model.callSizes()).startsWith(WarmUp.LARGEST_SIZE).doesNotContain(1 << 20);
  }
}
