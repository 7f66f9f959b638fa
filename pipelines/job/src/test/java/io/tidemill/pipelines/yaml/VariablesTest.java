package io.tidemill.pipelines.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VariablesTest {
  private final Variables variables =
      new Variables(Map.of("HOST", "broker", "EMPTY", "", "TRICK", "${HOST}$1\\"));

  @ParameterizedTest
  @CsvSource({
    "${HOST}:9092, broker:9092",
    "${HOST:-localhost}, broker",
    "${PORT:-9092}, 9092",
    "${EMPTY:-full}, full",
    "a${EMPTY}b, ab",
    "${HOST}-${HOST}, broker-broker",
    "$$, $",
    "$${HOST}, ${HOST}",
    "costs $5, costs $5",
    "${PORT:-}x, x"
  })
  void substitutes(String text, String expected) {
    assertThat(variables.substitute(text)).isEqualTo(expected);
  }

  @Test
  void takesAValueAsItIs() {
    assertThat(variables.substitute("${TRICK}")).isEqualTo("${HOST}$1\\");
  }

  @Test
  void refusesAVariableThatIsNotSet() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> variables.substitute("x ${PORT}"))
        .withMessage(
            "environment variable 'PORT' is not set; set it, or give a default as in"
                + " ${PORT:-value}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"${HOST", "${}", "${2X}", "${HOST:-${PORT}}", "${HOST-x}"})
  void refusesOtherForms(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> variables.substitute(text))
        .withMessage(
            "'${' without a name and '}' (expected: ${NAME} or ${NAME:-default}; $$ for a dollar)");
  }
}
