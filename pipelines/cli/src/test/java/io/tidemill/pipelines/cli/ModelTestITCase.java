package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.golden.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tidemill model test} with an engine. */
class ModelTestITCase {
  @TempDir private Path directory;
  private Path saved = Path.of("");

  @BeforeEach
  void publishAModelWithoutAGoldenFile() throws IOException {
    saved = Files.createDirectories(directory.resolve("saved"));
    SavedModels.mlp(saved, 4);
    assertThat(run("push", saved.toString(), "mlp:1.0.0").exitCode()).isEqualTo(ExitCode.DONE);
  }

  private CommandRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--store", directory.resolve("store").toString()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  private void pushWithAnswersOf(String recorded, String version) {
    String golden = saved.resolve(Golden.FILE_NAME).toString();
    run("test", recorded, "--write", golden, "--rows", "5", "--seed", "3");
    run("push", saved.toString(), version);
  }

  @Test
  void saysThatAnswersAreNotCheckedWithoutAGoldenFile() {
    CommandRun run = run("test", "mlp:1.0.0");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .isEqualToIgnoringNewLines(
            "mlp:1.0.0 on cpu: loads and scores a sample; it carries no golden.arrow, so its answers are not checked");
  }

  @Test
  void aVersionThatAnswersAsRecordedPasses() throws IOException {
    pushWithAnswersOf("mlp:1.0.0", "mlp:1.1.0");

    CommandRun table = run("test", "mlp:1.1.0");
    CommandRun json = run("test", "mlp:1.1.0", "-o", "json");

    assertThat(table.out())
        .isEqualToIgnoringNewLines(
            "mlp:1.1.0 on cpu: golden.arrow: 5 rows as expected, largest difference 0.0");
    JsonNode answer = new ObjectMapper().readTree(json.out());
    assertThat(answer.at("/golden").asBoolean()).isTrue();
    assertThat(answer.at("/rows").asInt()).isEqualTo(5);
    assertThat(answer.at("/largestDifference").asDouble()).isZero();
  }

  @Test
  void answersToGivenRecordsAreRecorded() throws IOException {
    Path records = directory.resolve("records.jsonl");
    Files.writeString(
        records, "{\"features\": [1, 2.5, 0, -3]}\n{\"features\": [[0, 0], [0, 1]]}\n");
    String golden = saved.resolve(Golden.FILE_NAME).toString();

    CommandRun write = run("test", "mlp:1.0.0", "--write", golden, "--input", records.toString());
    run("push", saved.toString(), "mlp:1.1.0");

    assertThat(write.out())
        .isEqualToIgnoringNewLines(
            "mlp:1.0.0 on cpu: 2 rows of %s are in %s".formatted(records, golden));
    assertThat(run("test", "mlp:1.1.0").out())
        .contains("golden.arrow: 2 rows as expected, largest difference 0.0");
  }

  private Path picky(String name) throws IOException {
    Path picky = Files.createDirectories(directory.resolve(name));
    switch (name) {
      case "jpegs" -> SavedModels.jpegs(picky);
      case "embedding" -> SavedModels.embedding(picky);
      default -> SavedModels.simpleString(picky);
    }
    return picky;
  }

  @ParameterizedTest
  @ValueSource(strings = {"numbers-as-strings", "jpegs", "embedding"})
  void aModelThatCannotScoreZerosNeedBeNoBrokenOne(String name) throws IOException {
    assertThat(run("push", picky(name).toString(), name + ":1.0.0").exitCode())
        .isEqualTo(ExitCode.DONE);

    CommandRun run = run("test", name + ":1.0.0");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .isEqualToIgnoringNewLines(
            name
                + ":1.0.0 on cpu: loads but does not score zeros, which need be no fault; it carries no golden.arrow, so its answers are not checked");
  }

  @Test
  void recordsOfItsOwnMakeAGoldenFileOfAModelThatCannotScoreZeros() throws IOException {
    Path picky = picky("embedding");
    run("push", picky.toString(), "picky:1.0.0");
    Path records =
        Files.writeString(directory.resolve("ids.jsonl"), "{\"ids\": 102}\n{\"ids\": 100}\n");
    String golden = picky.resolve(Golden.FILE_NAME).toString();

    CommandRun made = run("test", "picky:1.0.0", "--write", golden);
    CommandRun given = run("test", "picky:1.0.0", "--write", golden, "--input", records.toString());
    run("push", picky.toString(), "picky:1.1.0");

    assertThat(made.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(made.err())
        .contains("it may not take random inputs: give it some of yours with --input");
    assertThat(given.out())
        .isEqualToIgnoringNewLines(
            "picky:1.0.0 on cpu: 2 rows of %s are in %s".formatted(records, golden));
    assertThat(run("test", "picky:1.1.0").out())
        .contains("golden.arrow: 2 rows as expected, largest difference 0.0");
  }

  @Test
  void refusesRecordsThatAreNotTheModels() throws IOException {
    Path records = directory.resolve("records.jsonl");
    String golden = saved.resolve(Golden.FILE_NAME).toString();

    Files.writeString(records, "{\"features\": [1, 2]}\n");
    CommandRun unfit = run("test", "mlp:1.0.0", "--write", golden, "--input", records.toString());
    Files.writeString(records, "{\"features\": \n");
    CommandRun broken = run("test", "mlp:1.0.0", "--write", golden, "--input", records.toString());
    CommandRun alone = run("test", "mlp:1.0.0", "--input", records.toString());

    assertThat(unfit.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unfit.err())
        .contains(records + ": record 1: input 'features': 2 elements (expected: 4)");
    assertThat(broken.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(broken.err()).contains("(expected: a JSON object a line)");
    assertThat(alone.err()).contains("(expected: with --write, which records the answers)");
  }

  @Test
  void aVersionThatAnswersOtherwiseFailsWithTheWorstRow() throws IOException {
    pushWithAnswersOf("mlp:1.0.0", "mlp:1.1.0");
    Path golden = saved.resolve(Golden.FILE_NAME);
    Path other = directory.resolve("other.arrow");
    run("test", "mlp:1.0.0", "--write", other.toString(), "--rows", "5", "--seed", "4");
    Files.write(golden, withOutputsOf(Files.readAllBytes(golden), Files.readAllBytes(other)));
    run("push", saved.toString(), "mlp:2.0.0");

    CommandRun table = run("test", "mlp:2.0.0");
    CommandRun json = run("test", "mlp:2.0.0", "-o", "json");

    assertThat(table.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(table.out()).isEmpty();
    assertThat(table.err())
        .startsWith("tidemill: mlp:2.0.0 on cpu: golden.arrow: ")
        .contains("of 5 rows differ, most in row ", "output '", "(expected: ")
        .doesNotContain("\tat ");
    assertThat(json.exitCode()).isEqualTo(ExitCode.MODEL);
    JsonNode answer = new ObjectMapper().readTree(json.out());
    assertThat(answer.at("/wrongRows").asInt()).isPositive();
    assertThat(answer.at("/worst/expected").asText()).isNotEmpty();
  }

  /** Of files that differ in their values only, the last that differ are the outputs. */
  private static byte[] withOutputsOf(byte[] file, byte[] other) {
    int end = file.length;
    while (file[end - 1] == other[end - 1]) {
      end--;
    }
    byte[] mixed = file.clone();
    int start = end - Float.BYTES;
    System.arraycopy(other, start, mixed, start, Float.BYTES);
    return mixed;
  }

  @Test
  void writesToANewFileOnly() throws IOException {
    Path there = Files.writeString(directory.resolve("there"), "mine");

    CommandRun run = run("test", "mlp:1.0.0", "--write", there.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("exists (expected: a new file)");
    assertThat(there).hasContent("mine");
  }

  @Test
  void refusesADeviceThatIsNotHere() {
    assertThat(run("test", "mlp:1.0.0", "--device", "tpu").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run("test", "mlp:1.0.0", "--device", "gpu:auto").exitCode())
        .isEqualTo(ExitCode.USAGE);
    CommandRun gpu = run("test", "mlp:1.0.0", "--device", "gpu:9");
    assertThat(gpu.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(gpu.err()).contains("mlp:1.0.0: device gpu:9");
  }
}
