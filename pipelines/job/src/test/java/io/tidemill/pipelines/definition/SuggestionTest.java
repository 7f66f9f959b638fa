package io.tidemill.pipelines.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionTest {
  private static final List<String> KEYS = List.of("max-size", "max-bytes", "max-delay");

  @Test
  void suggestsTheNearestWord() {
    assertThat(Suggestion.among("max-sise", KEYS))
        .isEqualTo("(did you mean 'max-size'? allowed: max-size, max-bytes, max-delay)");
  }

  @Test
  void suggestsNothingForAWordThatIsFarFromAll() {
    assertThat(Suggestion.among("parallelism", KEYS))
        .isEqualTo("(allowed: max-size, max-bytes, max-delay)");
  }

  @Test
  void ignoresCase() {
    assertThat(Suggestion.nearest("MAX-SIZE", KEYS)).contains("max-size");
  }

  @Test
  void countsASwapOfNeighboursAsOneMistake() {
    assertThat(Suggestion.nearest("tset", List.of("get", "test", "list"))).contains("test");
    assertThat(Suggestion.nearest("rnu", List.of("run", "plan"))).contains("run");
  }

  @Test
  void prefersTheWordWithTheFewestMistakes() {
    assertThat(Suggestion.nearest("pul", List.of("push", "pull"))).contains("pull");
  }
}
