package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store refuses because its {@code store.yaml} says so. */
class StorePolicyTest {
  private static final SemanticVersion VERSION = SemanticVersion.parse("1.4.2");

  @TempDir private Path folder;

  private ModelStore store = new InMemoryBackend().store();

  @BeforeEach
  void openStore() throws IOException {
    store = ModelStore.open(Files.createDirectories(folder.resolve("store")).toString());
  }

  private void policy(String text) throws IOException {
    Files.writeString(folder.resolve("store/store.yaml"), text);
  }

  @Test
  void aPushWithoutRequiredLabelsOrOfAnotherEngineIsRefusedWithBothReasons() throws Exception {
    policy("required-labels: [training-run, git, owner]\nengines: [tensorflow, onnx]");

    assertThatThrownBy(() -> store.push(draft("fraud", "1.4.2"), files(folder, "a")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessage(
            "fraud:1.4.2: labels 'git', 'owner' missing (expected: git, owner, training-run); engine 'fake' (expected: onnx, tensorflow); the policy store.yaml of store %s says so",
            store.uri());
    assertThat(store.models()).isEmpty();
  }

  @Test
  void aPushThatThePolicyAllowsIsPublished() throws Exception {
    policy("required-labels: [training-run]\nengines: [fake]");

    store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(store.models()).containsExactly("fraud");
  }

  @Test
  void whatIsPublishedAlreadyIsAnsweredUnderAStricterPolicy() throws Exception {
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    policy("required-labels: [git]");

    assertThat(store.push(draft("fraud", "1.4.2"), files(folder, "a"))).isEqualTo(manifest);
  }

  @Test
  void versionsStayWhereDeletionIsRefused() throws Exception {
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    policy("deletion: refused");

    assertThatThrownBy(() -> store.delete("fraud", VERSION))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("fraud:1.4.2: is not deleted (expected: versions stay)");
    assertThat(store.find("fraud", VERSION)).isPresent();
  }

  @Test
  void productionMeansNoVersionThatNothingProvesSigned() throws Exception {
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    policy("signatures: required\nkeys: [release.pub]\nproduction-aliases: [production]");

    assertThatThrownBy(() -> store.alias("fraud", "production", VERSION))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("fraud:1.4.2: cannot be 'production', because ");
    store.alias("fraud", "staging", VERSION);
    assertThat(store.aliases("fraud")).containsOnlyKeys("staging");
  }

  @Test
  void theExampleOfThePageDemandsWhatItSays() throws Exception {
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Matcher example =
        Pattern.compile("```yaml\n(required-labels: .*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("..", "..", "docs", "models.md")));
    assertThat(example.find()).isTrue();

    policy(example.group(1));

    assertThatThrownBy(() -> store.push(draft("fraud", "1.5.0"), files(folder, "a")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("labels 'git' missing (expected: git, training-run)")
        .hasMessageContaining("engine 'fake' (expected: onnx, tensorflow)");
    assertThatThrownBy(() -> store.alias("fraud", "production", VERSION))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("fraud:1.4.2: cannot be 'production', because ");
    assertThatThrownBy(() -> store.delete("fraud", VERSION))
        .isInstanceOf(StoreRefusedException.class);
  }

  @Test
  void aPolicyThatCannotBeReadRefusesEveryChange() throws Exception {
    policy("engins: [fake]");

    assertThatThrownBy(() -> store.push(draft("fraud", "1.4.2"), files(folder, "a")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("store.yaml:1:1: unknown key 'engins' of the policy")
        .hasMessageContaining(store.uri());
  }
}
