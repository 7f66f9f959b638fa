package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.store.signing.Keys;
import io.tidemill.model.store.signing.SigningKey;
import io.tidemill.model.store.signing.VerificationKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

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
            savedModel.toString(),
            "fraud:1.4.2",
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
  void publishesWhatTheUserSaysOfAModelThatSaysNothing() throws IOException {
    Path script = ModelFixture.torchScript(directory.resolve("model.pt"));

    CommandRun run =
        run(
            "push",
            script.toString(),
            "fraud:1.4.2",
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

    CommandRun run = run("export", "fraud@production", target.toString());

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

    CommandRun run = run("export", "fraud:1.4.2", directory.resolve("a").toString());

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

    CommandRun run = run("export", "fraud:1.4.2", savedModel.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(savedModel + ": not empty (expected: an empty folder, or none)");
  }

  @Test
  void refusesAModelThatIsNotThere() {
    push("fraud:1.4.2");

    CommandRun run = run("export", "frod:1.4.2", directory.resolve("a").toString());

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

  @Test
  void everyCommandTakesTheSameStore() {
    Caller caller = new Caller(Map.of(), new FakeTerminal(false, ""));
    CommandLine model =
        requireNonNull(Tidemill.commandLine(caller, "model").getSubcommands().get("model"));

    assertThat(model.getSubcommands())
        .hasSize(ModelCommand.COMMANDS.size())
        .allSatisfy(
            (name, command) ->
                assertThat(command.getUsageMessage())
                    .contains("--store=URI", "Default: $TIDEMILL_STORE, else ./models."));
  }

  @Test
  void signsAVersionAndVerifiesIt() throws IOException {
    push("fraud:1.4.2");
    String pem = Keys.privatePem();
    Path secret = Files.writeString(directory.resolve("private.pem"), pem);
    VerificationKey key = SigningKey.of(pem).verificationKey();
    Path open = Files.writeString(directory.resolve("public.pem"), key.pem());

    CommandRun unsigned = run("verify", "fraud:1.4.2", "--key", open.toString());
    CommandRun dry = run("sign", "fraud:1.4.2", "--key", secret.toString(), "--dry-run");
    CommandRun still = run("verify", "fraud:1.4.2", "--key", open.toString());
    CommandRun signed = run("sign", "fraud:1.4.2", "--key", secret.toString(), "-o", "json");
    CommandRun verified = run("verify", "fraud:1.4.2", "--key", open.toString());

    assertThat(unsigned.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(unsigned.err()).contains("fraud:1.4.2: not signed").contains(key.fingerprint());
    assertThat(dry.out()).contains("would be signed by key " + key.fingerprint());
    assertThat(still.exitCode()).isEqualTo(ExitCode.MODEL);
    JsonNode answer = new ObjectMapper().readTree(signed.out());
    assertThat(answer.at("/key").asText()).isEqualTo(key.fingerprint());
    assertThat(answer.at("/signed").asBoolean()).isTrue();
    assertThat(verified.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(verified.out())
        .contains("is as published: 1 files")
        .contains("signed by key " + key.fingerprint());
    for (CommandRun run : List.of(unsigned, dry, still, signed, verified)) {
      assertThat(run.out() + run.err()).doesNotContain(pem.substring(40, 60));
    }
  }

  @Test
  void signsAndVerifiesNothingThatIsDamaged() throws IOException {
    push("fraud:1.4.2");
    Path secret = Files.writeString(directory.resolve("private.pem"), Keys.privatePem());
    Files.writeString(directory.resolve("store/fraud/1.4.2/files/saved_model.pb"), "changed");

    CommandRun sign = run("sign", "fraud:1.4.2", "--key", secret.toString());
    CommandRun verify = run("verify", "fraud:1.4.2");

    assertThat(sign.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(verify.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(sign.err()).contains("1 of its files not as published, so it is not signed");
    assertThat(verify.out()).contains("saved_model.pb").contains("(expected: ");
    assertThat(directory.resolve("store/fraud/1.4.2/signatures")).doesNotExist();
  }

  @Test
  void refusesAKeyThatIsNoneWithoutShowingIt() throws IOException {
    push("fraud:1.4.2");
    Path file = Files.writeString(directory.resolve("k.pem"), "a secret that is no key");

    CommandRun sign = run("sign", "fraud:1.4.2", "--key", file.toString());
    CommandRun verify = run("verify", "fraud:1.4.2", "--key", file.toString());

    assertThat(sign.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(sign.err()).contains("private key '" + file + "': no PEM block");
    assertThat(verify.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(verify.err()).contains("public key '" + file + "': no PEM block");
    assertThat(sign.err() + verify.err()).doesNotContain("a secret");
  }

  private CommandRun push(String ref) {
    return model.push(ref);
  }

  private CommandRun run(String... arguments) {
    return model.run(arguments);
  }
}
