package io.tidemill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SemanticVersionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0",
        "1.4.2",
        "10.20.30",
        "2.0.0-rc.1",
        "1.0.0-x-y.7z",
        "1.0.0-0",
        "20240131093000.0.0",
        "1.4.999999999999999999"
      })
  void writesWhatItRead(String text) {
    assertThat(SemanticVersion.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.4",
        "1.4.2.0",
        "v1.4.2",
        "01.4.2",
        "1.4.2-",
        "1.4.2-01",
        "1.4.2+a",
        "1.4.-2",
        "1.4.2-a..b",
        "1.4.9999999999999999999",
        " 1.4.2"
      })
  void refusesAnotherForm(String text) {
    assertThatThrownBy(() -> SemanticVersion.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("version: '%s' (expected: major.minor.patch as in 1.4.2 or 2.0.0-rc.1)", text);
  }

  @Test
  void refusesATextThatIsLongerThanAnyVersion() {
    String endless = "1.0.0-" + "a.".repeat(100_000) + "a";

    assertThat(SemanticVersion.isVersion(endless)).isFalse();
    assertThatThrownBy(() -> SemanticVersion.parse(endless))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("version: '1.0.0-a.a.")
        .hasMessageEndingWith("a.…' (expected: major.minor.patch as in 1.4.2 or 2.0.0-rc.1)");
  }

  @Test
  void ordersAsSemverSays() {
    List<SemanticVersion> ordered =
        List.of(
                "0.9.9",
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "1.9.0",
                "1.10.0",
                "2.0.0",
                "20240131093000.0.0")
            .stream()
            .map(SemanticVersion::parse)
            .toList();
    List<SemanticVersion> shuffled = new ArrayList<>(ordered);
    Collections.shuffle(shuffled, new Random(7));

    Collections.sort(shuffled);

    assertThat(shuffled).isEqualTo(ordered);
  }
}
