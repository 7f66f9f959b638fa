package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Device;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.UnavailableHereException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TaskContextTest {
  private static final ModelVersion VERSION = FakeModel.version("fraud", "1.4.2");

  private static Device chosen(int subtask, String... gpus) {
    return new TaskContext(subtask, List.of(gpus), 1).choose(VERSION, Device.GPU_AUTO);
  }

  @Test
  void subtasksTakeTheGpusInTurnByIndex() {
    assertThat(chosen(0, "10", "2")).hasToString("gpu:2");
    assertThat(chosen(1, "10", "2")).hasToString("gpu:10");
    assertThat(chosen(2, "10", "2")).hasToString("gpu:2");
  }

  @Test
  void aDeviceThatIsSaidIsTheDevice() {
    TaskContext task = new TaskContext(1, List.of("0", "1"), 1);

    assertThat(task.choose(VERSION, Device.CPU)).isEqualTo(Device.CPU);
    assertThat(task.choose(VERSION, Device.parse("gpu"))).hasToString("gpu:0");
  }

  @Test
  void refusesToChooseAmongNone() {
    assertThatThrownBy(() -> chosen(0))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: device gpu:auto, but Flink gives no GPU to this TaskManager (expected: ");
  }

  @Test
  void refusesAGpuWithoutAnIndex() {
    assertThatThrownBy(() -> chosen(0, "GPU-8f2c"))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("Flink names a GPU 'GPU-8f2c' (expected: its index");
  }
}
