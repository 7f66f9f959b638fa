package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.Keys;
import io.tidemill.model.store.signing.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that take something away, ask first, or change nothing. */
class ModelChangesTest {
  private static final String NOBODY = "not confirmed (expected: -y, without a terminal)";

  @TempDir private Path directory;

  private ModelFixture model = new ModelFixture(Path.of(""));

  @BeforeEach
  void publish() throws IOException {
    model = ModelFixture.in(directory);
    model.push("fraud:1.4.2");
  }

  private void policy(String text) throws IOException {
    Files.writeString(model.store().resolve("store.yaml"), text);
  }

  @Test
  void deletesAVersionWhenToldTo() {
    model.push("fraud:1.5.0");

    CommandRun run = model.run("delete", "fraud:1.4.2", "-y");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).startsWith("deleted fraud:1.4.2 (sha256:");
    assertThat(model.run("list").out()).contains("fraud:1.5.0").doesNotContain("fraud:1.4.2");
  }

  @Test
  void deletesNothingWhereNobodyCanBeAsked() {
    CommandRun run = model.run("delete", "fraud:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("to delete fraud:1.4.2 (sha256:").contains(NOBODY);
    assertThat(model.run("list").out()).contains("fraud:1.4.2");
  }

  @Test
  void asksOnATerminal() {
    FakeTerminal no = new FakeTerminal(true, "n");
    FakeTerminal yes = new FakeTerminal(true, "Yes");

    CommandRun refused = model.run(no, "delete", "fraud:1.4.2");
    CommandRun agreed = model.run(yes, "delete", "fraud:1.4.2");

    assertThat(no.questions())
        .singleElement()
        .asString()
        .startsWith("About to delete fraud:1.4.2 (sha256:")
        .endsWith(". Go on? [y/N] ");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.err()).contains("nothing was changed");
    assertThat(agreed.exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void doesNotDeleteWhatAnAliasMeansAndSaysWhatToDo() {
    model.run("alias", "fraud:1.4.2", "production");

    CommandRun run = model.run("delete", "fraud:1.4.2", "-y");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err())
        .contains("alias 'production' means it")
        .contains("'tidemill model alias --delete fraud@production'");
    assertThat(model.run("alias", "--delete", "fraud@production", "-y").out())
        .isEqualTo("fraud@production is taken away (was 1.4.2)\n");
    assertThat(model.run("delete", "fraud:1.4.2", "-y").exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void takesAwayADamagedAliasAndSaysThatItWas() throws IOException {
    model.run("alias", "fraud:1.4.2", "production");
    Files.writeString(model.store().resolve("fraud/aliases/production"), "newest");

    assertThat(model.run("alias", "--delete", "fraud@production", "-y").out())
        .isEqualTo("fraud@production is taken away (was damaged)\n");
  }

  @Test
  void doesNotDeleteWhatThePolicyKeeps() throws IOException {
    policy("deletion: refused");

    CommandRun run = model.run("delete", "fraud:1.4.2", "-y");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("fraud:1.4.2: is not deleted").contains("store.yaml");
  }

  @Test
  void aPolicyThatIsTooDeepStopsWhatItWouldJudge() throws IOException {
    policy("keys: " + "[".repeat(100_000) + "]".repeat(100_000));

    for (CommandRun run :
        List.of(model.push("fraud:1.5.0"), model.run("delete", "fraud:1.4.2", "-y"))) {
      assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
      assertThat(run.err())
          .contains(model.store() + "/store.yaml:1:38: too deep (expected: at most 32 levels)")
          .doesNotContain("\tat ");
    }
    assertThat(model.run("list").out()).contains("fraud:1.4.2").doesNotContain("fraud:1.5.0");
  }

  @Test
  void aDryRunChangesNothing() throws IOException {
    model.run("alias", "fraud:1.4.2", "staging");
    model.push("fraud:1.5.0");
    String before = model.run("list").out();

    assertThat(model.push("churn:1.0.0", "--dry-run").out())
        .startsWith("dry run: would publish  churn:1.0.0\n");
    assertThat(model.run("delete", "fraud:1.5.0", "--dry-run").out())
        .startsWith("dry run: would delete fraud:1.5.0 (sha256:");
    assertThat(model.run("alias", "fraud:1.5.0", "staging", "--dry-run").out())
        .isEqualTo("dry run: fraud@staging: 1.4.2 -> 1.5.0\n");
    assertThat(model.run("alias", "--delete", "fraud@staging", "--dry-run").out())
        .isEqualTo("dry run: fraud@staging is taken away (was 1.4.2)\n");

    assertThat(model.run("list").out()).isEqualTo(before);
  }

  @Test
  void aDryRunRefusesWhatTheRealOneWould() throws IOException {
    Files.writeString(model.savedModel().resolve("more"), "other content");
    assertThat(model.push("fraud:1.4.2", "--dry-run").exitCode()).isEqualTo(ExitCode.MODEL);
    policy("required-labels: [git]");
    assertThat(model.push("fraud:2.0.0", "--dry-run").err())
        .contains("labels 'git' missing")
        .contains("--label git=…");
    assertThat(model.push("fraud:2.0.0", "--label", "git=abc").exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void changingProductionAsks() throws IOException {
    policy("production-aliases: [production]");
    model.push("fraud:1.5.0");

    assertThat(model.run("alias", "fraud:1.4.2", "staging").exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(model.run("alias", "fraud:1.4.2", "production").err())
        .contains("to make fraud@production mean 1.4.2: " + NOBODY);
    assertThat(model.run("alias", "fraud:1.4.2", "production", "-y").exitCode())
        .isEqualTo(ExitCode.DONE);
    FakeTerminal yes = new FakeTerminal(true, "y");
    assertThat(model.run(yes, "alias", "fraud:1.5.0", "production").out())
        .isEqualTo("fraud@production: 1.4.2 -> 1.5.0\n");
    assertThat(yes.questions())
        .containsExactly(
            "About to make fraud@production mean 1.5.0 instead of 1.4.2. Go on? [y/N] ");
  }

  @Test
  void productionMeansNoUnsignedVersionWhereSignaturesAreRequired() throws IOException {
    SigningKey key = Keys.generated("secp256r1");
    policy(
        "production-aliases: [production]\nsignatures: required\nkeys:\n  - |\n"
            + key.verificationKey().pem().indent(4));

    CommandRun unsigned = model.run("alias", "fraud:1.4.2", "production", "-y");

    assertThat(unsigned.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(unsigned.err()).contains("fraud:1.4.2: cannot be 'production'", "not signed");
    ModelStore store = ModelStore.open(model.store().toString());
    SemanticVersion version = SemanticVersion.parse("1.4.2");
    store.addSignature("fraud", version, key.sign(store.manifest("fraud", version)));
    assertThat(model.run("alias", "fraud:1.4.2", "production", "-y").exitCode())
        .isEqualTo(ExitCode.DONE);
  }

  @Test
  void saysThatAPolicyHoldsKeysAndNotTheirFiles() throws IOException {
    policy("production-aliases: [production]\nsignatures: required\nkeys: [release.pub]");

    CommandRun run = model.run("alias", "fraud:1.4.2", "production", "-y");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err())
        .contains("number 1 of the policy's keys is no PEM block 'PUBLIC KEY'")
        .contains("a policy holds the keys themselves, not the names of their files");
  }

  @Test
  void everyAliasThatIsTakenAwayIsNamedInJson() throws IOException {
    model.run("alias", "fraud:1.4.2", "staging");

    CommandRun run = model.run("alias", "--delete", "fraud@staging", "-y", "-o", "json");

    JsonNode answer = new ObjectMapper().readTree(run.out());
    assertThat(answer.at("/alias").asText()).isEqualTo("staging");
    assertThat(answer.at("/before").asText()).isEqualTo("1.4.2");
    assertThat(answer.at("/version").isNull()).isTrue();
  }

  @Test
  void namesWhatWasProbablyMeant() {
    model.run("alias", "fraud:1.4.2", "production");

    assertThat(model.run("delete", "frauds:1.4.2", "-y").err()).contains("did you mean 'fraud'?");
    assertThat(model.run("delete", "fraud:1.4.3", "-y").err()).contains("did you mean '1.4.2'?");
    assertThat(model.run("alias", "--delete", "fraud@prodution", "-y").err())
        .contains("did you mean 'production'?");
    assertThat(model.run("list", "frauds").err()).contains("did you mean 'fraud'?");
  }
}
