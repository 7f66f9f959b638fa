package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import io.tidemill.model.Device;
import io.tidemill.model.Gpu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GpuDriverTest {
  private final FakeDriver fake = new FakeDriver("GPU");

  private static Gpu find(FakeDriver driver, String device) {
    return new GpuDriver(() -> driver, () -> driver).find(Device.parse(device)).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GPU", "MIG"})
  void saysWhatTheDriverSaysOfTheGpuThatTheProcessMeans(String kind) {
    Gpu gpu = find(new FakeDriver(kind), "gpu:1");

    assertThat(gpu.device()).isEqualTo(Device.parse("gpu:1"));
    assertThat(gpu.name()).isEqualTo("NVIDIA H200");
    assertThat(gpu.driver()).isEqualTo("580.65.06");
    assertThat(gpu.busy()).isEqualTo(0.37);
    assertThat(gpu.totalBytes()).isEqualTo(FakeDriver.TOTAL);
    assertThat(gpu.freeBytes()).isEqualTo(FakeDriver.FREE);
    assertThat(gpu.described()).isEqualTo("NVIDIA H200, driver 580.65.06, 143771 MiB");
  }

  @Test
  void aDriverIsBegunOnceForAllThatAsk() {
    GpuDriver driver = new GpuDriver(() -> fake, () -> fake);

    assertThat(driver.find(Device.parse("gpu:1")).orElseThrow().isKnown()).isTrue();
    assertThat(driver.find(Device.parse("gpu:1")).orElseThrow().isKnown()).isTrue();
    assertThat(fake.begun).isEqualTo(1);
  }

  @Test
  void anOldDriverKnowsItsGpusToo() {
    fake.isOld = true;

    assertThat(find(fake, "gpu:1").isKnown()).isTrue();
  }

  @Test
  void aGpuThatTheDriverDoesNotHaveIsUnknown() {
    assertUnknown(find(fake, "gpu:0"));
  }

  @Test
  void whatTheDriverDoesNotSayIsNotANumber() {
    Gpu gpu = find(fake, "gpu:1");
    fake.tellsUse = false;

    assertThat(gpu.busy()).isNaN();
    assertThat(gpu.isKnown()).isTrue();
  }

  @Test
  void aFunctionThatIsAbsentHasNothingToSay() {
    Gpu gpu = find(fake, "gpu:1");
    fake.hasMemory = false;

    assertThat(gpu.totalBytes()).isNaN();
    assertThat(gpu.isKnown()).isFalse();
    assertThat(gpu.name()).isEqualTo("NVIDIA H200");
  }

  /** The second is there on every Linux, and has none of the functions. */
  @ParameterizedTest
  @ValueSource(strings = {"libnone-of-the-driver.so.1", "c"})
  void withoutTheLibrariesAGpuIsUnknown(String library) {
    Device device = Device.parse("gpu:0");

    assertUnknown(GpuDriver.of(library, library).find(device).orElseThrow());
    assertUnknown(
        new GpuDriver(() -> fake, () -> Native.load(library, GpuDriver.Management.class))
            .find(Device.parse("gpu:1"))
            .orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu:auto"})
  void neitherTheCpuNorAGpuThatIsToBeChosenIsAskedFor(String device) {
    GpuDriver driver =
        new GpuDriver(
            () -> {
              throw new AssertionError("asked");
            },
            () -> fake);

    assertThat(driver.find(Device.parse(device))).isEmpty();
  }

  private static void assertUnknown(Gpu gpu) {
    assertThat(gpu.isKnown()).isFalse();
    assertThat(gpu.name()).isEqualTo(Gpu.UNKNOWN);
    assertThat(gpu.driver()).isEqualTo(Gpu.UNKNOWN);
    assertThat(gpu.described()).isEqualTo(Gpu.UNKNOWN);
    assertThat(gpu.busy()).isNaN();
    assertThat(gpu.freeBytes()).isNaN();
  }
}
