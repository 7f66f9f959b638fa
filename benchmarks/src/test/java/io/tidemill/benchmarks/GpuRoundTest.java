package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GpuRoundTest {
  private static final float[] EXPECTED = {0.5f, 100, 0};

  @Test
  void answersMayDifferByAThousandth() {
    assertThat(GpuRound.difference(EXPECTED, new float[] {0.5009f, 100.09f, 0.0009f}, 3)).isEmpty();
  }

  @Test
  void anAnswerThatIsFurtherOffOrNoNumberDiffers() {
    assertThat(GpuRound.difference(EXPECTED, new float[] {0.5f, 100.2f, 0}, 3))
        .contains("number 1 of 3 rows: 100.2 (expected: 100.0, by DJL's own calls)");
    assertThat(GpuRound.difference(EXPECTED, new float[] {Float.NaN, 100, 0}, 3)).isPresent();
  }
}
