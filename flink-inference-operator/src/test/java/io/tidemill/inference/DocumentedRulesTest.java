package io.tidemill.inference;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Holds the table of a step's rules against Flink's tests and this module's. */
class DocumentedRulesTest {
  private static final Path DOCUMENT = Path.of("src", "test", "resources", "rules.md");
  private static final String FLINKS =
      "org.apache.flink.streaming.api.operators.async.AsyncWaitOperatorTest";
  private static final List<Path> ROOTS =
      List.of(
          Path.of("src", "test", "java"),
          Path.of("..", "model-loader", "model", "src", "test", "java"),
          Path.of("..", "model-loader", "store", "src", "test", "java"));
  private static final PathMatcher TEST_FILE =
      FileSystems.getDefault().getPathMatcher("glob:**{Test,ITCase}.java");
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|ITCase))(?:\\.(\\w+))?`");
  private static final Pattern FLINKS_TEST = Pattern.compile("`(test\\w+)`");

  @Test
  void everyTestOfFlinksOperatorHasItsRow() throws Exception {
    Set<String> flinks =
        Arrays.stream(Class.forName(FLINKS).getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .map(method -> method.getName())
            .collect(Collectors.toSet());

    List<String> documented =
        FLINKS_TEST.matcher(Files.readString(DOCUMENT)).results().map(m -> m.group(1)).toList();

    assertThat(documented).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(flinks);
  }

  @Test
  void everyTestThatIsNamedExistsAndRuns() throws Exception {
    Class<?> flinks = Class.forName(FLINKS);
    // Classes of two modules may have one name.
    Map<String, List<Class<?>>> tests = new HashMap<>();
    tests.put(flinks.getSimpleName(), List.of(flinks));
    for (Path root : ROOTS) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(TEST_FILE::matches).toList()) {
          Class<?> test = classOf(root.relativize(file));
          tests.computeIfAbsent(test.getSimpleName(), name -> new ArrayList<>()).add(test);
        }
      }
    }

    Matcher named = TEST.matcher(Files.readString(DOCUMENT));
    int methods = 0;
    while (named.find()) {
      assertThat(tests).as(named.group()).containsKey(named.group(1));
      String method = named.group(2);
      if (method != null) {
        methods++;
        assertThat(
                requireNonNull(tests.get(named.group(1))).stream()
                    .flatMap(test -> Arrays.stream(test.getDeclaredMethods())))
            .as(named.group())
            .anyMatch(declared -> declared.getName().equals(method) && runs(declared));
      }
    }
    assertThat(methods).isGreaterThan(20);
  }

  private static Class<?> classOf(Path file) throws ClassNotFoundException {
    String name =
        file.toString().replace(".java", "").replace(file.getFileSystem().getSeparator(), ".");
    return Class.forName(name, false, DocumentedRulesTest.class.getClassLoader());
  }

  private static boolean runs(Method method) {
    return (method.isAnnotationPresent(Test.class)
            || method.isAnnotationPresent(ParameterizedTest.class))
        && !method.isAnnotationPresent(Disabled.class)
        && !method.getDeclaringClass().isAnnotationPresent(Disabled.class);
  }
}
