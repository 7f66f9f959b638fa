package io.tidemill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  @Test
  void readsEveryForm() {
    assertThat(Device.parse("cpu")).isEqualTo(Device.CPU).hasToString("cpu");
    assertThat(Device.parse("gpu")).isEqualTo(Device.parse("gpu:0")).hasToString("gpu:0");
    assertThat(Device.parse("gpu:3").index()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tpu", "cpu:0", "gpu:", "gpu:-1", "GPU", "auto"})
  void refusesAnotherForm(String text) {
    assertThatThrownBy(() -> Device.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device: '%s' (expected: cpu, gpu or gpu:N)", text);
  }

  @Test
  void refusesASecondCpu() {
    assertThatThrownBy(() -> new Device(Device.Kind.CPU, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device index: 1 (expected: >= 0, 0 for cpu)");
  }
}
