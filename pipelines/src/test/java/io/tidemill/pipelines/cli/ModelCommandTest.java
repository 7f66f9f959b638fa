package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {
  @TempDir private Path directory;

  private ModelFixture model = new ModelFixture(Path.of(""));
  private Path savedModel = Path.of("");

  @BeforeEach
  void writeSavedModel() throws IOException {
    model = ModelFixture.in(directory);
    savedModel = model.savedModel();
  }

  @Test
  void publishesWhatTheSavedModelSaysOfItself() throws IOException {
    CommandRun run =
        run(
            "push",
            "fraud:1.4.2",
            savedModel.toString(),
            "--label",
            "training-run=7",
            "-o",
            "json");

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    JsonNode published = new ObjectMapper().readTree(run.out());
    assertThat(published.at("/name").asText()).isEqualTo("fraud");
    assertThat(published.at("/version").asText()).isEqualTo("1.4.2");
    assertThat(published.at("/digest").asText()).matches("sha256:[0-9a-f]{64}");
    assertThat(published.at("/inputs/0"))
        .hasToString("{\"name\":\"features\",\"type\":\"float32\",\"shape\":[-1,4]}");
    assertThat(published.at("/outputs/0/name").asText()).isEqualTo("score");
    assertThat(published.at("/labels/training-run").asText()).isEqualTo("7");
    assertThat(published.has("path")).isFalse();
  }

  @Test
  void publishesWhatTheUserSaysOfAModel() {
    CommandRun run =
        run(
            "push",
            "fraud:1.4.2",
            savedModel.toString(),
            "--input-tensor",
            "x float64[-1]",
            "--output-tensor",
            "y int64[-1, 3]");

    assertThat(run.out())
        .contains(
            "published  fraud:1.4.2", "input      x float64[-1]", "output     y int64[-1, 3]");
  }

  @Test
  void publishesAVersionOnce() throws IOException {
    CommandRun first = push("fraud:1.4.2");
    CommandRun again = push("fraud:1.4.2");
    Files.writeString(savedModel.resolve("more"), "other content");
    CommandRun other = push("fraud:1.4.2");

    assertThat(first.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(again.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(other.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(other.err()).contains("fraud:1.4.2").doesNotContain("\tat ");
    assertThat(run("list").out()).hasLineCount(2);
  }

  @Test
  void listsVersionsWithTheirAliases() {
    push("fraud:1.4.2");
    push("fraud:1.10.0");
    push("churn:2.0.0-rc.1");
    run("alias", "fraud:1.4.2", "production");

    assertThat(run("list").out().lines().map(line -> line.split(" {2,}", -1)[0]))
        .containsExactly("MODEL", "churn:2.0.0-rc.1", "fraud:1.4.2", "fraud:1.10.0");
    assertThat(run("list", "fraud").out())
        .containsPattern("fraud:1\\.4\\.2 +production +tensorflow")
        .doesNotContain("churn");
  }

  @Test
  void listsNothingInAnEmptyStore() throws IOException {
    Files.createDirectories(directory.resolve("store"));

    assertThat(run("list").out())
        .startsWith("No models in ")
        .contains("publish one with 'tidemill model push'");
    assertThat(run("list", "-o", "json").out().strip()).isEqualTo("[ ]");
  }

  @Test
  void refusesAStoreThatIsNotThere() {
    CommandRun run = run("list");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains(directory.resolve("store") + "': no such folder");
  }

  @Test
  void movesAnAlias() {
    push("fraud:1.4.2");
    push("fraud:1.5.0");

    assertThat(run("alias", "fraud:1.4.2", "production").out())
        .isEqualTo("fraud@production is 1.4.2\n");
    assertThat(run("alias", "fraud:1.5.0", "production").out())
        .isEqualTo("fraud@production: 1.4.2 -> 1.5.0\n");
    assertThat(run("alias", "fraud:1.5.0", "production").out())
        .isEqualTo("fraud@production is 1.5.0 already\n");
  }

  @Test
  void refusesAnAliasToNothing() {
    push("fraud:1.4.2");

    CommandRun run = run("alias", "fraud:9.9.9", "production");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("9.9.9").contains("1.4.2");
    assertThat(run("list").out()).doesNotContain("production");
  }

  @Test
  void fetchesAVersionByItsAlias() throws IOException {
    push("fraud:1.4.2");
    run("alias", "fraud:1.4.2", "production");
    Path target = directory.resolve("a/b");

    CommandRun run = run("get", "fraud@production", target.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("fraud:1.4.2 (sha256:").endsWith(") is in " + target + "\n");
    assertThat(target.resolve("saved_model.pb"))
        .hasSameBinaryContentAs(savedModel.resolve("saved_model.pb"));
    try (Stream<Path> beside = Files.list(directory.resolve("a"))) {
      assertThat(beside).containsExactly(target);
    }
  }

  @Test
  void fetchesNothingOfAModelThatIsDamaged() throws IOException {
    push("fraud:1.4.2");
    Path stored = directory.resolve("store/fraud/1.4.2/files/saved_model.pb");
    byte[] bytes = Files.readAllBytes(stored);
    bytes[0]++;
    Files.write(stored, bytes);

    CommandRun run = run("get", "fraud:1.4.2", directory.resolve("a").toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("fraud:1.4.2", "saved_model.pb");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("saved", "store");
    }
  }

  @Test
  void fetchesIntoNoFolderThatHoldsSomething() {
    push("fraud:1.4.2");

    CommandRun run = run("get", "fraud:1.4.2", savedModel.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(savedModel + ": not empty (expected: an empty folder, or none)");
  }

  @Test
  void refusesAModelThatIsNotThere() {
    push("fraud:1.4.2");

    CommandRun run = run("get", "frod:1.4.2", directory.resolve("a").toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("frod").contains("fraud");
    assertThat(directory.resolve("a")).doesNotExist();
  }

  @Test
  void refusesFilesThatAreNoSavedModel() throws IOException {
    Files.writeString(savedModel.resolve("saved_model.pb"), "not a model");

    CommandRun run = push("fraud:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("saved_model.pb: not a SavedModel");
    assertThat(directory.resolve("store")).doesNotExist();
  }

  @Test
  void takesTheStoreFromTheEnvironmentWhereNoneIsSaid() {
    push("fraud:1.4.2");
    Map<String, String> environment =
        Map.of("TIDEMILL_STORE", directory.resolve("store").toString());

    assertThat(CommandRun.of(environment, "model", "list").out()).contains("fraud:1.4.2");
  }

  private CommandRun push(String ref) {
    return model.push(ref);
  }

  private CommandRun run(String... arguments) {
    return model.run(arguments);
  }
}
