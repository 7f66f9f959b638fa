package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tidemill.inference.batch.BatchPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InferenceSettingsTest {
  private static final InferenceSettings DEFAULTS = InferenceSettings.defaults("score");

  @Test
  void twoWorkersCallTheModelByDefault() {
    assertThat(DEFAULTS.workers()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "4, 2", "8, 4"})
  void oneWorkerServesTwoBatchesInFlight(int maxInFlight, int workers) {
    BatchPolicy batching = BatchPolicy.defaults().withMaxInFlight(maxInFlight);

    assertThat(DEFAULTS.withBatching(batching).workers()).isEqualTo(workers);
  }

  @ParameterizedTest
  @CsvSource({"0", "5"})
  void refusesWorkersWithoutASlot(int workers) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withWorkers(workers))
        .withMessage("workers: %d (expected: 1 to max-in-flight, 4)", workers);
  }
}
