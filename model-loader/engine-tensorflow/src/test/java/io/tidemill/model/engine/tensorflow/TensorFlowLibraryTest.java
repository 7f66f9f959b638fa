package io.tidemill.model.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Device;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.ConfigProto;

class TensorFlowLibraryTest {
  private static final String INTEROP = "ai.djl.tensorflow.num_interop_threads";
  private static final String INTRAOP = "ai.djl.tensorflow.num_intraop_threads";

  private final String interop = System.getProperty(INTEROP, "");
  private final String intraop = System.getProperty(INTRAOP, "");

  private static void set(String property, String value) {
    if (value.isEmpty()) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
  }

  @AfterEach
  void setAsBefore() {
    set(INTEROP, interop);
    set(INTRAOP, intraop);
  }

  @ParameterizedTest
  @CsvSource({"-1, 3", "2, 1"})
  void aSessionOnTheCpuHasTheThreadsOfTheProcessAndNoGpu(int between, int within) {
    set(INTEROP, String.valueOf(between));
    set(INTRAOP, String.valueOf(within));

    assertThat(TensorFlowLibrary.sessionConfig(Device.CPU))
        .isEqualTo(
            ConfigProto.newBuilder()
                .setInterOpParallelismThreads(between)
                .setIntraOpParallelismThreads(within)
                .putDeviceCount("GPU", 0)
                .setAllowSoftPlacement(true)
                .build());
  }

  @Test
  void aSessionOnTheCpuLeavesTheThreadsToTensorFlowWhereNoneAreSaid() {
    set(INTEROP, "");
    set(INTRAOP, "");

    ConfigProto config = TensorFlowLibrary.sessionConfig(Device.CPU);

    assertThat(config.getInterOpParallelismThreads()).isZero();
    assertThat(config.getIntraOpParallelismThreads()).isZero();
  }
}
