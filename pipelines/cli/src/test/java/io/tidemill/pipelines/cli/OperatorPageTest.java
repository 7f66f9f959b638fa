package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.Inference;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.loader.Retries;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.operators.async.AsyncWaitOperator;
import org.junit.jupiter.api.Test;

/** docs/operator.md has no example to run: what it names is compared with what there is. */
class OperatorPageTest {
  private static final Path DOCS = Path.of("../../docs");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** Values of options, and types. */
  private static final Set<String> WORDS =
      Set.of("device: gpu", "0s", "FLOAT", ElementType.FLOAT32.label());

  @Test
  void namesOptionsMetricsAndCallsThatThereAre() throws IOException {
    String schema = Files.readString(DOCS.resolve("pipeline.schema.json"));
    String metrics = Files.readString(DOCS.resolve("metrics.md"));
    String stop = CommandRun.of("jobs", "stop", "--help").out();
    Set<String> others =
        Set.of(
            AsyncWaitOperator.class.getSimpleName(),
            TaskManagerOptions.TASK_CANCELLATION_TIMEOUT.key());

    assertThat(
            CODE.matcher(Files.readString(DOCS.resolve("operator.md")))
                .results()
                .map(code -> code.group(1)))
        .hasSizeGreaterThan(20)
        .allSatisfy(
            code ->
                assertThat(
                        WORDS.contains(code)
                            || others.contains(code)
                            || schema.contains("\"" + code + "\"")
                            || metrics.contains("| `" + code + "` |")
                            || (code.startsWith("--") && stop.contains(code))
                            || calls(code))
                    .as(code)
                    .isTrue());
  }

  /** Whether a chain of calls is one, such as {@code Retries.attempts(3).of(source)}. */
  private static boolean calls(String code) {
    String chain = code.replaceAll("\\([^)]*\\)", "");
    return Stream.of(Inference.class, Retries.class)
        .filter(type -> chain.startsWith(type.getSimpleName() + "."))
        .anyMatch(type -> methods(type).containsAll(names(chain)));
  }

  private static Set<String> names(String chain) {
    return Stream.of(chain.split("\\.", -1)).skip(1).collect(Collectors.toSet());
  }

  private static Set<String> methods(Class<?> type) {
    return Arrays.stream(type.getMethods()).map(Method::getName).collect(Collectors.toSet());
  }
}
