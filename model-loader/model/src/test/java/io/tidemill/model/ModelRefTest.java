package io.tidemill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelRefTest {
  @ParameterizedTest
  @ValueSource(strings = {"fraud:1.4.2", "fraud@production", "card-fraud_v2.x:2.0.0-rc.1"})
  void writesWhatItRead(String text) {
    assertThat(ModelRef.parse(text)).hasToString(text);
  }

  @Test
  void latestIsAnAliasThatNoOneSets() {
    assertThat(ModelRef.parse("fraud:latest"))
        .isEqualTo(ModelRef.ofAlias("fraud", ModelRef.LATEST));
  }

  @Test
  void refusesANameWithoutVersionOrAlias() {
    assertThatThrownBy(() -> ModelRef.parse("fraud"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "model: 'fraud' (expected: name:version as in fraud:1.4.2, or name@alias as in fraud@production)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Fraud", "../fraud", "a..b", "-fraud", "fraud-", "a/b", "", "fr aud"})
  void refusesANameThatIsNoFolder(String name) {
    assertThatThrownBy(() -> ModelRef.parse(name + ":1.4.2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("model name: '" + name + "' (expected: 1 to 128 of a-z");
  }

  @Test
  void refusesAnAliasThatIsNoFile() {
    assertThatThrownBy(() -> ModelRef.parse("fraud@../x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("alias of model 'fraud': '../x' (expected:");
  }

  @Test
  void refusesAVersionAndAnAliasAtOnce() {
    SemanticVersion version = SemanticVersion.parse("1.4.2");

    assertThatThrownBy(() -> new ModelRef("fraud", version, "production"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model reference 'fraud' (expected: either a version or an alias)");
  }
}
