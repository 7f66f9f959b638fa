package io.tidemill.inference.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StepSettingsTest {
  private static final StepSettings DEFAULTS = StepSettings.defaults();

  @Test
  void hasTheDocumentedDefaults() {
    assertThat(DEFAULTS)
        .isEqualTo(
            new StepSettings(
                BatchPolicy.defaults(),
                2,
                Order.ORDERED,
                OnNotFinite.KEEP,
                OnNullInput.BY_MODEL,
                3,
                new StepSettings.Timeouts(
                    Duration.ofMinutes(5), Duration.ofSeconds(60), Duration.ofMillis(1)),
                1L << 30,
                false,
                0));
  }

  @Test
  void replacesOneSettingAtATime() {
    StepSettings settings =
        DEFAULTS
            .withMaxInFlight(5)
            .withWorkers(4)
            .withMaxSize(7)
            .withMaxBytes(70)
            .withMaxDelay(Duration.ofMillis(3))
            .withOrder(Order.UNORDERED)
            .withOnNan(OnNotFinite.FAIL)
            .withNullInput(OnNullInput.SKIP)
            .withDeadBatches(0)
            .withLoadTimeout(Duration.ofSeconds(90))
            .withCallTimeout(Duration.ofSeconds(2))
            .withShortCall(Duration.ZERO)
            .withMemoryBytes(9)
            .withFresh(true)
            .withTraceEvery(100);

    assertThat(settings)
        .isEqualTo(
            new StepSettings(
                new BatchPolicy(7, 70, Duration.ofMillis(3), 5),
                4,
                Order.UNORDERED,
                OnNotFinite.FAIL,
                OnNullInput.SKIP,
                0,
                new StepSettings.Timeouts(
                    Duration.ofSeconds(90), Duration.ofSeconds(2), Duration.ZERO),
                9,
                true,
                100));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "4, 2", "8, 4"})
  void oneWorkerServesTwoBatchesInFlight(int maxInFlight, int workers) {
    assertThat(DEFAULTS.withMaxInFlight(maxInFlight).workers()).isEqualTo(workers);
  }

  @Test
  void callsTakeOfAGpuWhatFullBatchesOfAllWorkersDoAtLeast() {
    StepSettings settings = DEFAULTS.withMaxSize(100).withMaxInFlight(4);

    assertThat(settings.leastBytesOfCalls(8, 0)).isEqualTo(2 * 100 * 8);
    assertThat(settings.leastBytesOfCalls(8, 32)).as("32 rows a call").isEqualTo(2 * 32 * 8);
    assertThat(settings.withMemoryBytes(400).leastBytesOfCalls(8, 0)).isEqualTo(2 * 100);
  }

  @Test
  void batchesThatCloseByBytesMayBeOfOneRecord() {
    StepSettings settings =
        DEFAULTS.withBatching(new BatchPolicy(100, 1_000, Duration.ofMillis(1), 4));

    assertThat(settings.leastBytesOfCalls(8, 0)).isEqualTo(2 * 8);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5})
  void refusesWorkersWithoutASlot(int workers) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withWorkers(workers))
        .withMessage("workers: %d (expected: 1 to max-in-flight, 4)", workers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT0.0005S", "PT-1S", "PT8760H0.000000001S", "PT2562047788015H"})
  void refusesATimeoutThatIsNoneOrForEver(Duration timeout) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withCallTimeout(timeout))
        .withMessage("call-timeout: %s (expected: 1ms to 365 days)", timeout);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withLoadTimeout(timeout))
        .withMessage("load-timeout: %s (expected: 1ms to 365 days)", timeout);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT-0.001S", "PT1.001S"})
  void refusesAShortCallThatIsNegativeOrLong(Duration limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withShortCall(limit))
        .withMessage("short-call: %s (expected: 0s to 1s)", limit);
  }

  @Test
  void refusesMemoryAndBatchesThatAreNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withMemoryBytes(0))
        .withMessage("memory limit: 0 bytes (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withDeadBatches(-1))
        .withMessage("dead-batches: -1 (expected: >= 1, or 0 for any number)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withTraceEvery(-1))
        .withMessage("trace-every: -1 (expected: >= 1, or 0 for no batch)");
  }
}
