package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The command lines of documents are those that the command takes. */
class CommandDocumentsTest {
  private static final String COMMAND = "./tidemill ";
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  private static Stream<String> commandLines() throws IOException {
    return Stream.concat(
            Files.readAllLines(Path.of("../../docs/models.md")).stream(),
            Files.readAllLines(Path.of("../../docs/dead-letters.md")).stream())
        .filter(line -> line.startsWith(COMMAND))
        .map(line -> line.substring(COMMAND.length()).replaceAll("\\s#.*", ""));
  }

  @ParameterizedTest
  @MethodSource("commandLines")
  void namesOnlyCommandsAndOptionsThatThereAre(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(word.group(1) != null ? word.group(1) : word.group(2));
    }

    assertThatCode(
            () ->
                Tidemill.commandLine(new Caller(Map.of(), Terminal.ofProcess()))
                    .parseArgs(words.toArray(String[]::new)))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "dead-letters"})
  void showsEveryCommandOf(String group) throws IOException {
    String shown = String.join("\n", commandLines().toList());

    CommandLine commands =
        requireNonNull(
            Tidemill.commandLine(new Caller(Map.of(), Terminal.ofProcess()))
                .getSubcommands()
                .get(group));
    for (String command : commands.getSubcommands().keySet()) {
      assertThat(shown).contains(group + " " + command);
    }
  }
}
