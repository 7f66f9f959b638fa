package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SizeLimitTest {
  private static boolean scored(SizeLimit limit, int size, int sizeThatFits) {
    return limit.scored(size, new ScoreReport(0, 0, 0, 1, sizeThatFits, 0, 0));
  }

  /** Batches of this size, all of which had the memory they needed; whether the limit changed. */
  private static boolean scoredWell(SizeLimit limit, int size, int batches) {
    boolean changed = false;
    for (int batch = 0; batch < batches; batch++) {
      changed |= scored(limit, size, 0);
    }
    return changed;
  }

  @Test
  void growsByAQuarterAfterSixtyFourFullBatches() {
    SizeLimit limit = new SizeLimit(14, 8);
    assertThat(scoredWell(limit, 8, 63)).isFalse();
    assertThat(scored(limit, 8, 0)).isTrue();
    assertThat(limit.limit()).isEqualTo(10);

    assertThat(scoredWell(limit, 10, 63)).isFalse();
    assertThat(scored(limit, 10, 0)).isTrue();
    assertThat(limit.limit()).isEqualTo(12);
    scoredWell(limit, 12, 64);
    assertThat(limit.limit()).as("never above max-size").isEqualTo(14);
    assertThat(limit.learned()).isFalse();
  }

  @Test
  void growsByAtLeastOneRecord() {
    SizeLimit limit = new SizeLimit(8, 1);
    scoredWell(limit, 1, 64);
    assertThat(limit.limit()).isEqualTo(2);
  }

  @Test
  void batchesThatAreNotFullTeachNothing() {
    SizeLimit limit = new SizeLimit(16, 8);
    assertThat(scoredWell(limit, 7, 1_000)).isFalse();
    assertThat(limit.limit()).isEqualTo(8);
  }

  @Test
  void aFailedProbeStartsTheCountAgain() {
    SizeLimit limit = new SizeLimit(100, 8);
    scoredWell(limit, 8, 64);
    scoredWell(limit, 10, 63);
    assertThat(scored(limit, 10, 5)).isTrue();
    assertThat(limit.limit()).isEqualTo(5);

    assertThat(scoredWell(limit, 5, 63)).isFalse();
    assertThat(scored(limit, 5, 0)).isTrue();
    assertThat(limit.limit()).isEqualTo(6);
  }
}
