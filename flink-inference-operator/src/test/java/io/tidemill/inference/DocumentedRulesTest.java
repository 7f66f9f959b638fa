package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/operator.md against Flink's tests and this module's. */
class DocumentedRulesTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "operator.md");
  private static final Path TESTS = Path.of("src", "test", "java", "io", "tidemill", "inference");
  private static final Pattern TEST_METHOD = Pattern.compile("`(\\w+(?:Test|ITCase))\\.(\\w+)`");
  private static final Pattern FLINKS_TEST = Pattern.compile("`(test\\w+)`");

  @Test
  void everyTestOfFlinksOperatorHasItsRow() throws Exception {
    Set<String> flinks =
        Arrays.stream(
                Class.forName(
                        "org.apache.flink.streaming.api.operators.async.AsyncWaitOperatorTest")
                    .getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .map(method -> method.getName())
            .collect(Collectors.toSet());

    List<String> documented =
        FLINKS_TEST.matcher(Files.readString(DOCUMENT)).results().map(m -> m.group(1)).toList();

    assertThat(documented).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(flinks);
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    Map<String, String> sources;
    try (Stream<Path> files = Files.walk(TESTS)) {
      sources =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.endsWith("package-info.java"))
              .collect(
                  Collectors.toMap(
                      file -> String.valueOf(file.getFileName()).replace(".java", ""),
                      DocumentedRulesTest::read));
    }

    Matcher named = TEST_METHOD.matcher(Files.readString(DOCUMENT));
    int found = 0;
    while (named.find()) {
      found++;
      assertThat(sources.getOrDefault(named.group(1), ""))
          .as(named.group())
          .contains("void " + named.group(2) + "(");
    }
    assertThat(found).isGreaterThan(20);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(file.toString(), e);
    }
  }
}
