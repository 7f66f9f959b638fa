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
    assertThat(Device.parse("gpu:auto")).isEqualTo(Device.GPU_AUTO).hasToString("gpu:auto");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tpu", "cpu:0", "gpu:", "gpu:-1", "GPU", "auto", "gpu:auto:1"})
  void refusesAnotherForm(String text) {
    assertThatThrownBy(() -> Device.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device: '%s' (expected: cpu, gpu, gpu:N or gpu:auto)", text);
  }

  @Test
  void refusesASecondCpu() {
    assertThatThrownBy(() -> new Device(Device.Kind.CPU, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device index: 1 (expected: >= 0, 0 for cpu)");
  }
}
