package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorTimeTest {
  private static final ProcessorTime THEN = ProcessorTime.parse("cpu  10 0 20 60 5 0 5 100 7 0");

  @Test
  void countsEachTickOnceThoughGuestsAreInUserTimeToo() {
    assertThat(THEN).isEqualTo(new ProcessorTime(200, 100));
  }

  @Test
  void dividesWhatWasStolenByAllTimeSince() {
    ProcessorTime now = ProcessorTime.parse("cpu  40 0 30 70 5 0 5 150 9 0");

    assertThat(now.stolenShareSince(THEN)).isEqualTo(0.5);
  }

  @Test
  void nothingWasStolenInNoTime() {
    assertThat(THEN.stolenShareSince(THEN)).isZero();
  }
}
