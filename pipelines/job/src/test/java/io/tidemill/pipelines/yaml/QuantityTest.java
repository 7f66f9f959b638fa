package io.tidemill.pipelines.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
  @ParameterizedTest
  @CsvSource({
    "20ms, PT0.02S",
    "10s, PT10S",
    "1 min, PT1M",
    "2 Hours, PT2H",
    "3d, PT72H",
    "7 us, PT0.000007S",
    "0ms, PT0S",
    "PT1.5S, PT1.5S",
    "pt1s, PT1S"
  })
  void readsDurations(String text, Duration expected) {
    assertThat(Quantity.duration("max-delay", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"20", "ms", "-5ms", "1.5s", "20 parsecs", "", "P", "999999999999999999d"})
  void refusesOtherDurations(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Quantity.duration("max-delay", text))
        .withMessage("max-delay: '%s' (expected: a duration as in 20ms, 10s, 1min or PT1S)", text);
  }
}
