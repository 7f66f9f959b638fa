package io.tidemill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlacementTest {
  @Test
  void saysItsThreadsWhereTheyAreSaid() {
    assertThat(Placement.CPU).hasToString("cpu");
    assertThat(Placement.on(Device.parse("gpu")).withThreads(1024))
        .hasToString("gpu:0 (threads: 1024)");
  }

  @Test
  void leavesThreadsThatAreNotSaidToTheEngine() {
    assertThat(Placement.CPU.threadsOr(() -> 7)).isEqualTo(7);
    assertThat(Placement.CPU.withThreads(2).threadsOr(() -> 7)).isEqualTo(2);
  }

  @Test
  void keepsItsThreadsOnTheDeviceThatATaskChooses() {
    Placement chosen =
        Placement.on(Device.GPU_AUTO).withThreads(2).withDevice(Device.parse("gpu:1"));

    assertThat(chosen).isEqualTo(new Placement(Device.parse("gpu:1"), 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1025})
  void refusesThreadsThatAreNone(int threads) {
    assertThatThrownBy(() -> Placement.CPU.withThreads(threads))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads: %d (expected: 1 to 1024)", threads);
  }
}
