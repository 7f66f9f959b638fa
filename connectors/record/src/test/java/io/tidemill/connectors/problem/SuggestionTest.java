package io.tidemill.connectors.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SuggestionTest {
  private static final List<String> KEYS = List.of("max-size", "max-bytes", "max-delay");

  @Test
  void suggestsTheNearestWord() {
    assertThat(new Suggestion("max-sise", KEYS))
        .hasToString("(did you mean 'max-size'? allowed: max-size, max-bytes, max-delay)");
  }

  @Test
  void suggestsNothingForAWordThatIsFarFromAll() {
    assertThat(new Suggestion("parallelism", KEYS))
        .hasToString("(allowed: max-size, max-bytes, max-delay)");
    assertThat(nearest("schema", "topic", "format", "scan.startup.mode")).isEmpty();
  }

  @Test
  void ignoresCase() {
    assertThat(nearest("MAX-SIZE", "max-size")).contains("max-size");
  }

  @Test
  void countsASwapOfNeighboursAsOneMistake() {
    assertThat(nearest("tset", "get", "test", "list")).contains("test");
    assertThat(nearest("rnu", "run", "plan")).contains("run");
    assertThat(nearest("topci", "topic", "format")).contains("topic");
  }

  @Test
  void prefersTheWordWithTheFewestMistakes() {
    assertThat(nearest("pul", "push", "pull")).contains("pull");
    assertThat(nearest("scan.startup-mode", "format", "scan.startup.mode"))
        .contains("scan.startup.mode");
  }

  private static Optional<String> nearest(String word, String... allowed) {
    return new Suggestion(word, List.of(allowed)).nearest();
  }
}
