package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.OtherProcess;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.pipelines.JobOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;

/** Commands that show what a store and this machine's cache hold. */
class ModelLooksTest {
  @TempDir private Path directory;

  private ModelFixture model = new ModelFixture(Path.of(""));

  @BeforeEach
  void publish() throws IOException {
    System.setProperty(LocalModelCache.PROPERTY, directory.resolve("cache").toString());
    model = ModelFixture.in(directory);
    model.push("fraud:1.4.2", "--label", "git=abc");
    model.run("alias", "fraud:1.4.2", "production");
  }

  @AfterEach
  void forgetCache() {
    System.clearProperty(LocalModelCache.PROPERTY);
  }

  private static JsonNode json(CommandRun run) throws IOException {
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void inspectShowsEverythingThatAVersionSays() {
    CommandRun run = model.run("inspect", "fraud@production");

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("model    fraud:1.4.2\n")
        .contains("store    file:" + model.store())
        .containsPattern("digest   sha256:[0-9a-f]{64}\n")
        .contains("engine   tensorflow\n")
        .containsPattern("created  20\\d\\d-.*Z\n")
        .contains("aliases  production\n")
        .contains("label    git=abc\n")
        .contains("input    features float32[-1, 4]\n")
        .contains("output   score float32[-1, 1]\n")
        .contains("cache    not on this machine\n")
        .containsPattern("saved_model\\.pb +\\d+ +[0-9a-f]{64}\n");
  }

  @Test
  void inspectWritesWhatATerminalWouldObeyAsItsCode() {
    model.push("fraud:1.5.0", "--label", "by=a\u001b[31m\u202eb");

    assertThat(model.run("inspect", "fraud:1.5.0").out()).contains("by=a\\u001b[31m\\u202eb\n");
  }

  @Test
  void inspectAnswersTheSameInJsonAndYaml() throws IOException {
    JsonNode json = json(model.run("inspect", "fraud:1.4.2", "-o", "json"));
    Object yaml =
        new Load(LoadSettings.builder().build())
            .loadFromString(model.run("inspect", "fraud:1.4.2", "-o", "yaml").out());

    assertThat(json.at("/content/0/path").asText()).isEqualTo("saved_model.pb");
    assertThat(json.at("/content/0/sha256").asText()).hasSize(64);
    assertThat(json.at("/aliases/0").asText()).isEqualTo("production");
    assertThat(json.at("/cache").isNull()).isTrue();
    assertThat(new ObjectMapper().<JsonNode>valueToTree(yaml)).isEqualTo(json);
  }

  @Test
  void pullFetchesIntoTheCacheOnce() {
    CommandRun first = model.run("pull", "fraud@production");
    CommandRun again = model.run("pull", "fraud:1.4.2");

    assertThat(first.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(first.out()).contains(" is in " + directory.resolve("cache"));
    assertThat(again.out()).contains(" was already in " + directory.resolve("cache"));
    assertThat(Path.of(first.out().strip().replaceAll(".* is in ", "")).resolve("saved_model.pb"))
        .hasSameBinaryContentAs(model.savedModel().resolve("saved_model.pb"));
    assertThat(model.run("inspect", "fraud:1.4.2").out())
        .contains("cache    " + directory.resolve("cache"));
  }

  @Test
  void pruneShowsAndFreesTheCache() throws IOException {
    model.run("pull", "fraud:1.4.2");

    CommandRun shown = prune();
    CommandRun planned = prune("--max-size", "0", "--dry-run");
    CommandRun unasked = prune("--max-size", "0");
    CommandRun freed = prune("--max-size", "0", "-y", "-o", "json");

    assertThat(shown.out())
        .containsPattern("fraud:1\\.4\\.2 .* keep +sha256:")
        .endsWith("freed 0 B\n");
    assertThat(planned.out())
        .containsPattern("fraud:1\\.4\\.2 .* delete +sha256:")
        .contains("dry run: would free");
    assertThat(unasked.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unasked.err()).contains("to delete 1 of the cache's entries");
    assertThat(json(freed).at("/entries/0/deleted").asBoolean()).isTrue();
    assertThat(json(freed).at("/freedBytes").asLong()).isPositive();
    assertThat(prune("-o", "json").out()).contains("\"entries\" : [ ]");
  }

  private static CommandRun prune(String... arguments) {
    return prune(Map.of(), arguments);
  }

  private static CommandRun prune(Map<String, String> environment, String... arguments) {
    List<String> all = new ArrayList<>(List.of("model", "prune"));
    all.addAll(List.of(arguments));
    return CommandRun.of(environment, all.toArray(new String[0]));
  }

  /** Pushes in a process that dies meanwhile, two days ago. */
  private Path leftByAKilledPush() throws IOException, InterruptedException {
    Process killed =
        OtherProcess.of(KilledPushMain.class, model.store(), model.savedModel())
            .builder()
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("killed.log").toFile())
            .start();
    assertThat(killed.waitFor())
        .as(Files.readString(directory.resolve("killed.log")))
        .isEqualTo(KilledPushMain.CODE);
    Path left;
    try (Stream<Path> paths = Files.list(model.store().resolve("fraud"))) {
      left =
          paths
              .filter(path -> path.getFileName().toString().startsWith(".1.5.0."))
              .findFirst()
              .orElseThrow();
    }
    FileTime daysAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    try (Stream<Path> paths = Files.walk(left)) {
      for (Path path : paths.toList()) {
        Files.setLastModifiedTime(path, daysAgo);
      }
    }
    return left;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void pruneShowsAndFreesWhatAKilledPushLeft(boolean given) throws Exception {
    Path left = leftByAKilledPush();
    String store = model.store().toString();
    Map<String, String> around = given ? Map.of() : Map.of(JobOptions.STORE_VARIABLE, store);
    String option = given ? "--store=" + store : "--max-size=1GiB";
    long bytes = Files.size(left.resolve("files/saved_model.pb"));

    CommandRun shown = prune(around, option, "--dry-run");
    assertThat(left).exists();
    CommandRun unasked = prune(around, option);
    assertThat(left).exists();
    CommandRun freed = prune(around, option, "-y", "-o", "json");

    assertThat(shown.out())
        .contains("left over file:" + left + ", " + bytes + " B\n")
        .endsWith("dry run: would free " + bytes + " B\n");
    assertThat(unasked.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unasked.err()).contains("0 B, and 1 left over in stores: not confirmed");
    assertThat(json(freed).at("/leftovers/0").asText()).isEqualTo("file:" + left);
    assertThat(json(freed).at("/freedBytes").asLong()).isEqualTo(bytes);
    assertThat(left).doesNotExist();
    assertThat(model.run("verify", "fraud:1.4.2").exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void pruneFreesTheCacheWithoutAStoreThatIsAway() throws IOException {
    model.run("pull", "fraud:1.4.2");
    String away = directory.resolve("away").toString();

    CommandRun given = prune("--max-size", "0", "-y", "--store", away);
    CommandRun around =
        prune(Map.of(JobOptions.STORE_VARIABLE, away), "--max-size", "0", "-y", "-o", "json");
    CommandRun none = prune();

    assertThat(given.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(given.err()).contains("store 'file:" + away + "': no such folder");
    assertThat(around.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(around.err()).startsWith("not looked at: store 'file:" + away + "': no such folder");
    assertThat(json(around).at("/entries/0/deleted").asBoolean()).isTrue();
    assertThat(none)
        .extracting(CommandRun::exitCode, CommandRun::err)
        .containsExactly(ExitCode.DONE, "");
  }

  @Test
  void diffNamesEverythingThatDiffers() throws IOException {
    Files.delete(model.savedModel().resolve("saved_model.pb"));
    ModelFixture.torchScript(model.savedModel().resolve("model.pt"));
    model.push(
        "fraud:1.5.0",
        "--input-tensor",
        "features float32[-1, 5]",
        "--output-tensor",
        "p float32[-1]");

    CommandRun run = model.run("diff", "fraud@production", "fraud:1.5.0");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines().map(line -> line.split(" {2,}", -1)[0]))
        .containsExactly(
            "WHAT",
            "engine",
            "input features",
            "output p",
            "output score",
            "label git",
            "file model.pt",
            "file saved_model.pb");
    assertThat(
            json(model.run("diff", "fraud:1.4.2", "fraud:1.5.0", "-o", "json"))
                .at("/same")
                .asBoolean())
        .isFalse();
  }

  @Test
  void diffOfTheSameContentIsEmpty() {
    model.push("fraud:1.5.0", "--label", "git=abc");

    CommandRun run = model.run("diff", "fraud:1.4.2", "fraud:1.5.0");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).startsWith("fraud:1.4.2 and fraud:1.5.0 are the same (sha256:");
  }

  /** Their tensors and files may be the same, and their answers are not. */
  @Test
  void tellsOneSignatureOfAModelFromAnother() throws IOException {
    Path file = model.savedModel().resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    MetaGraphDef.Builder graph = saved.getMetaGraphsBuilder(0);
    SignatureDef usual = graph.getSignatureDefOrThrow("serving_default");
    for (String name : List.of("first", "second")) {
      graph.putSignatureDef(name, usual.toBuilder().setMethodName("predict").build());
    }
    Files.write(file, saved.build().toByteArray());

    CommandRun first = model.push("fraud:2.0.0", "--signature", "first");
    model.push("fraud:2.1.0", "--signature", "second");

    assertThat(first.out()).contains("calls      signature 'first' for predict\n");
    assertThat(model.run("inspect", "fraud:2.0.0").out())
        .contains("calls    signature 'first' for predict\n");
    JsonNode view = json(model.run("inspect", "fraud:2.0.0", "-o", "json"));
    assertThat(List.of(view.at("/signature").asText(), view.at("/method").asText()))
        .containsExactly("first", "predict");
    CommandRun diff = model.run("diff", "fraud:2.0.0", "fraud:2.1.0");
    assertThat(diff.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(diff.out().lines().skip(1).map(line -> line.split(" {2,}", -1)[0]))
        .containsExactly(
            "calls signature 'first' for predict", "calls signature 'second' for predict");
  }

  @Test
  void verifyProvesWhatWasPublished() {
    CommandRun run = model.run("verify", "fraud@production");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).startsWith("fraud:1.4.2 (sha256:").contains(") is as published: 1 files");
  }

  @Test
  void verifyNamesEveryFileThatIsNot() throws IOException {
    Path files = model.store().resolve("fraud/1.4.2/files");
    Files.writeString(files.resolve("extra"), "more");
    Files.writeString(files.resolve("saved_model.pb"), "half");

    CommandRun run = model.run("verify", "fraud:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.out())
        .containsPattern("extra +extra +not in the manifest")
        .containsPattern("saved_model\\.pb +truncated +4 bytes \\(expected: \\d+\\)");
    assertThat(run.err())
        .contains("fraud:1.4.2 in store")
        .contains("2 of its files not as published");
    assertThat(
            json(model.run("verify", "fraud:1.4.2", "-o", "json")).at("/problems/1/kind").asText())
        .isEqualTo("truncated");
  }

  @Test
  void listShowsTheOtherVersionsBesideADamagedOne() throws IOException {
    model.push("fraud:1.5.0");
    model.push("churn:1.0.0");
    Path manifest = model.store().resolve("fraud/1.4.2/model.yaml");
    Files.writeString(manifest, Files.readString(manifest).replace("engine:", "engin:"));
    Files.writeString(model.store().resolve("churn/1.0.0/model.yaml"), "");

    CommandRun table = model.run("list");
    CommandRun json = model.run("list", "-o", "json");
    CommandRun yaml = model.run("list", "fraud", "-o", "yaml");

    for (CommandRun run : List.of(table, json, yaml)) {
      assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
      assertThat(run.err())
          .startsWith("tidemill: store file:" + model.store() + ": not everything can be listed:\n")
          .contains(manifest + ":4:1: unknown key 'engin' of the manifest (did you mean 'engine'?")
          .contains("put back the manifest that was published")
          .contains("or delete fraud:1.4.2, and publish the version again")
          .doesNotContain("\tat ");
    }
    assertThat(table.err()).contains("churn/1.0.0/model.yaml: empty (expected: the manifest)");
    assertThat(table.out().lines().map(line -> line.split(" {2,}", -1)[0]))
        .containsExactly("MODEL", "fraud:1.5.0");
    assertThat(json(json).findValuesAsText("version")).containsExactly("1.5.0");
    assertThat(new Load(LoadSettings.builder().build()).loadFromString(yaml.out()))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .hasSize(1);
  }

  @Test
  void listShowsTheOthersBesideAManifestThatIsTooDeep() throws IOException {
    model.push("churn:1.0.0");
    Path manifest = model.store().resolve("fraud/1.4.2/model.yaml");
    Files.writeString(manifest, "name: " + "[".repeat(100_000) + "]".repeat(100_000));

    CommandRun run = model.run("list");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.out().lines().map(line -> line.split(" {2,}", -1)[0]))
        .containsExactly("MODEL", "churn:1.0.0");
    assertThat(run.err())
        .contains(manifest + ":1:38: too deep (expected: at most 32 levels)")
        .contains("delete fraud:1.4.2, and publish the version again")
        .doesNotContain("\tat ");
  }

  @Test
  void listShowsNothingForPeopleWhereAllIsDamaged() throws IOException {
    Files.writeString(model.store().resolve("fraud/1.4.2/model.yaml"), "{");

    assertThat(model.run("list").out()).isEmpty();
    assertThat(model.run("list", "-o", "json").out().strip()).isEqualTo("[ ]");
  }

  @Test
  void listShowsVersionsBesideADamagedAlias() throws IOException {
    Path alias = Files.writeString(model.store().resolve("fraud/aliases/broken"), "1.x");

    CommandRun run = model.run("list");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.out()).contains("fraud:1.4.2");
    assertThat(run.err()).contains(alias + ": version: '1.x'").contains("set the alias again");
  }

  @Test
  void refusesToShowWhatIsNotThere() {
    CommandRun run = model.run("inspect", "fruad:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("did you mean 'fraud'?");
  }
}
