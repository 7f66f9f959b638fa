package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The command lines of documents, which other tests run, leave no command out. */
class CommandDocumentsTest {
  private static final String COMMAND = "./tidemill ";

  private static Stream<String> commandLines() throws IOException {
    return Stream.concat(
            Files.readAllLines(Path.of("../../docs/models.md")).stream(),
            Files.readAllLines(Path.of("../../docs/dead-letters.md")).stream())
        .filter(line -> line.startsWith(COMMAND))
        .map(line -> line.substring(COMMAND.length()).replaceAll("\\s#.*", ""));
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
