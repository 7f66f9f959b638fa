package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.engine.xgboost.Boosters;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunITCase {
  private static final int RECORDS = 1_000;

  /** Seconds of the run, and those of its first step. */
  private static final Pattern BACK_PRESSURE =
      Pattern.compile("(?s)records in .*? in ([\\d.]+) s, .*?back-pressure ([\\d.]+) s");

  @TempDir private Path directory;

  @BeforeEach
  void publishAModelAndWriteRecords() throws IOException {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    List<String> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      records.add("{\"id\": \"r%d\", \"a\": %d, \"b\": %s}".formatted(i, i, i == 7 ? "null" : "2"));
    }
    Files.write(Files.createDirectories(directory.resolve("in")).resolve("a.json"), records);
  }

  @Test
  void scoresFilesToTheirEndWithEveryRecordOnce() throws IOException {
    CommandRun run = run(job(), "run");

    assertThat(run.err()).contains("has finished");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    List<JsonNode> predictions = rows("out");
    assertThat(predictions).hasSize(RECORDS - 1);
    assertThat(predictions).extracting(row -> row.get("id").asText()).doesNotHaveDuplicates();
    assertThat(predictions)
        .allSatisfy(
            row -> {
              assertThat(row.get("total").asDouble()).isEqualTo(row.get("a").asDouble() + 2);
              assertThat(row.get("grand_total").asDouble())
                  .isEqualTo(row.get("a").asDouble() * 2 + 2);
            });
    assertThat(rows("dead"))
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.get("stage").asText()).isEqualTo("first");
              assertThat(letter.at("/context/tidemill.cause").asText()).isEqualTo("null-input");
              assertThat(letter.at("/context/tidemill.version").asText()).isEqualTo("1.0.0");
            });
    assertThat(run.out().lines().map(line -> line.replaceFirst("[\\d.]+ s, .*", "")))
        .contains("records in   1,000 in ", "predictions  999", "dead letters 1, null-input 1")
        .anyMatch(line -> line.matches("first +adder:1\\.0\\.0: \\d+ batches, fill 0\\.\\d+; .*"))
        .anyMatch(line -> line.matches("peak memory +[\\d.]+ [MG]iB"));
    assertThat(run.err()).contains("the dead letters are in filesystem " + directory);
  }

  @Test
  void showsAPersonHowMuchOfTheFilesIsDone() throws IOException {
    List<String> records = Files.readAllLines(directory.resolve("in/a.json"));
    for (int file = 0; file < 30; file++) {
      Files.write(directory.resolve("in/%d.json".formatted(file)), records);
    }

    CommandRun run = runForAPerson(slowJob(), new StringWriter());

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertBarFills(run.err());
    Matcher waited = BACK_PRESSURE.matcher(run.out());
    assertThat(waited.find()).as(run.out()).isTrue();
    assertThat(Double.parseDouble(waited.group(2)))
        .as("seconds in which the first step waited for its model, of %s", waited.group(1))
        .isPositive()
        .isLessThan(Double.parseDouble(waited.group(1)));
  }

  @Test
  void showsHowMuchIsDoneOfFilesThatAreReadRowByRow() throws IOException {
    Path job = job();
    String rows = Files.readString(job);
    Files.writeString(job, rows.replace("/out', format: json", "/parquet', format: parquet"));
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    try (Stream<Path> files = Files.walk(directory.resolve("parquet"))) {
      Path file = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      for (int part = 0; part < 30; part++) {
        Files.copy(
            file,
            Files.createDirectories(directory.resolve("parts/part=" + part)).resolve("a.parquet"));
      }
    }
    slowJob();
    Files.writeString(
        job,
        Files.readString(job)
            .replace("/in\n  format: json", "/parts\n  partitioned-by: part\n  format: parquet")
            .replace("b: FLOAT }", "b: FLOAT, part: STRING }"));

    CommandRun run = runForAPerson(job, new StringWriter());

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertBarFills(run.err());
  }

  private static void assertBarFills(String err) {
    List<Integer> percents = percents(err);
    assertThat(percents).as(err).isSorted().anyMatch(done -> done > 0 && done < 100);
  }

  private static List<Integer> percents(String err) {
    return Pattern.compile("\\[[#-]{20}] +(\\d+) %  [\\d,]+ records  ")
        .matcher(err)
        .results()
        .map(bar -> Integer.valueOf(bar.group(1)))
        .toList();
  }

  /** One call of the models for each record, so that it takes longer than a line stays. */
  private Path slowJob() throws IOException {
    Path job = job();
    return Files.writeString(
        job,
        Files.readString(job)
                .replace("max-size: 64", "max-size: 1")
                .replace("grand_total }\n", "grand_total }\n    batching: { max-size: 1 }\n")
            + "flink: { parallelism.default: 1 }\n");
  }

  private CommandRun runForAPerson(Path job, StringWriter err, String... more) {
    List<String> arguments = new ArrayList<>(List.of("run", job.toString()));
    arguments.addAll(List.of("--store", new Jobs(directory).store()));
    arguments.addAll(List.of(more));
    return CommandRun.of(
        Map.of("ROOT", directory.toString()),
        new FakeTerminal(true, ""),
        err,
        arguments.toArray(new String[0]));
  }

  /** Of a thousand records, for which all threads together need less than Flink to start. */
  private static void assertTimesAreTold(JsonNode summary) {
    double seconds = summary.at("/seconds").asDouble();
    assertThat(summary.at("/figures/steps"))
        .hasSize(2)
        .allSatisfy(
            step -> {
              double encode = step.path("encodeSeconds").asDouble();
              double model = step.path("modelSeconds").asDouble();
              double decode = step.path("decodeSeconds").asDouble();
              assertThat(List.of(encode, model, decode))
                  .as(step.toString())
                  .allMatch(time -> time > 0);
              assertThat(encode + model + decode).as(step.toString()).isLessThan(seconds);
            });
  }

  /** The last step is on its own, so that columns leave their task. */
  @Test
  void scoresTheColumnsOfFilesAsItScoresTheirRows() throws IOException {
    Path job = job();
    CommandRun first = run(job, "run", "-o", "json");
    assertThat(first.exitCode()).isEqualTo(ExitCode.DONE);
    assertTimesAreTold(new ObjectMapper().readTree(first.out()));
    List<JsonNode> ofRows = rows("out");
    String rows = Files.readString(job);
    Files.writeString(
        job,
        rows.replaceFirst("batching: .*", "null-input: skip")
            .replaceFirst("(?s)  - id: second.*?sink", "sink")
            .replace("/out', format: json", "/parquet', format: parquet"));
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    Files.writeString(
        job,
        rows.replace("/in\n  format: json", "/parquet\n  format: parquet")
            .replaceAll("/(out|dead)'", "/$1-of-columns'")
            .replaceFirst("(?s)(.*)device: cpu", "$1device: cpu, parallelism: 1"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(rows("out-of-columns")).containsExactlyInAnyOrderElementsOf(ofRows);
    assertThat(rows("dead-of-columns"))
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.get("topic").asText()).contains("/parquet/part-");
              assertThat(letter.get("offset").asLong()).isEqualTo(7);
              assertThat(letter.at("/context/tidemill.cause").asText()).isEqualTo("null-input");
            });
    assertThat(run.out().lines().map(line -> line.replaceFirst("[\\d.]+ s, .*", "")))
        .contains("records in   1,000 in ", "predictions  999", "dead letters 1, null-input 1")
        .anyMatch(line -> line.startsWith("first        adder:1.0.0: 16 batches, fill 0.98;"));

    Files.writeString(job, Files.readString(job).replaceFirst("dead-letter: .*\n", ""));
    assertThat(run(job, "run").err())
        .containsPattern("step 'first': record file:\\S+/parquet/part-\\S+/7 cannot be scored");
  }

  @Test
  void goesOnWithoutWhatItCannotReadOfACorruptFileOfColumns() throws IOException {
    Path job = job();
    String rows = Files.readString(job);
    Files.writeString(
        job,
        rows.replaceFirst("batching: .*", "null-input: skip")
            .replaceFirst("(?s)  - id: second.*?sink", "sink")
            .replace("/out', format: json", "/parquet', format: parquet"));
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    byte[] whole =
        Files.readAllBytes(directory.resolve("parquet").resolve(files("parquet").get(0)));
    Path cut = directory.resolve("parquet/cut.parquet");
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    String fromColumns = rows.replace("/in\n  format: json", "/parquet\n  format: parquet");
    Files.writeString(job, fromColumns);
    assertThat(run(job, "run").err()).contains("file:" + cut + ": cannot be read: ");
    String goingOn =
        fromColumns.replace(
            "format: parquet\n",
            "format: parquet\n  whole-files: true\n  on-corrupt-file: dead-letter\n");
    Files.writeString(job, goingOn.replaceFirst("dead-letter: \\{.*", ""));
    assertThat(run(job, "plan").err())
        .contains(
            "on-corrupt-file: dead-letter in a job without a dead-letter sink (expected: fail, or a"
                + " 'dead-letter' that says where such files are told of)");
    Files.writeString(job, goingOn);
    FileUtils.deleteDirectory(directory.resolve("dead").toFile());
    assertThat(run(job, "plan").out())
        .contains(
            "; each file is read by one reader, in its order; what cannot be read of a corrupt file"
                + " is one dead letter");

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out().lines().map(line -> line.replaceFirst("[\\d.]+ s, .*", "")))
        .contains(
            "records in   1,001 in ",
            "predictions  999",
            "dead letters 2, corrupt-file 1, null-input 1");
    assertThat(rows("dead"))
        .filteredOn(letter -> letter.at("/context/tidemill.cause").asText().equals("corrupt-file"))
        .singleElement()
        .satisfies(letter -> assertThat(letter.get("topic").asText()).isEqualTo("file:" + cut));
  }

  @Test
  void writesColumnsOfPredictionsAsFilesOfThem() throws IOException {
    Path job = job();
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    List<JsonNode> ofRows = rows("out");
    String rows = Files.readString(job);
    String parquet = rows.replace("format: json }", "format: parquet }");
    String fromParquet = parquet.replace("/in\n  format: json", "/first\n  format: parquet");
    // Rows of JSON to columns, those to columns again, and these back to rows of JSON.
    Files.writeString(
        job,
        parquet
            .replaceAll("/(out|dead)'", "/first'")
            .replaceFirst("dead-letter: .*", "")
            .replaceFirst("batching: .*", "null-input: skip")
            .replaceFirst("(?s)  - id: second.*?sink", "sink"));
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    Files.writeString(job, fromParquet.replace("/out'", "/second'"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out().lines().map(line -> line.replaceFirst("[\\d.]+ s, .*", "")))
        .contains("records in   1,000 in ", "predictions  999", "dead letters 1, null-input 1");
    Files.writeString(
        job,
        rows.replace("/in\n  format: json", "/second\n  format: parquet")
            .replace("b: FLOAT }", "b: FLOAT, total: FLOAT, grand_total: FLOAT }")
            .replace("sum: total", "sum: again")
            .replaceFirst("(?s)  - id: second.*?sink:", "sink:")
            .replace(
                "format: json }\ndead",
                "format: json, columns: { id: STRING, a: DOUBLE, b: FLOAT, total: FLOAT, grand_total: FLOAT } }\ndead")
            .replaceAll("/(out|dead)'", "/$1-of-columns'"));
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(rows("out-of-columns")).containsExactlyInAnyOrderElementsOf(ofRows);

    List<String> files = files("second");
    Files.writeString(
        job, fromParquet.replace("/out', format", "/second', overwrite: true, format"));
    assertThat(run(job, "run").exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(files("second")).hasSameSizeAs(files).doesNotContainAnyElementsOf(files);
  }

  /** The example of connectors/files, whose files are made of JSON and read to JSON again. */
  @Test
  void readsAndWritesFilesOfOrcAsThePageSays() throws IOException {
    Path model = Files.createDirectories(directory.resolve("one"));
    new Jobs(directory).publish("fraud", "1.0.0", SavedModels.mlp(model, 1), model);
    Files.write(
        directory.resolve("in/a.json"),
        IntStream.range(0, 100)
            .mapToObj("{\"id\": \"p%1$d\", \"amount\": %1$d}"::formatted)
            .toList());
    String page = Files.readString(Path.of("../../connectors/files/README.md"));
    int begin = page.indexOf("name: scores-in-orc\n");
    assertThat(begin).as("the example").isPositive();
    String example = page.substring(begin, page.indexOf("```", begin));
    Path job = directory.resolve("job.yaml");
    String columns = ", columns: { id: STRING, amount: DOUBLE } }";
    for (String yaml :
        List.of(
            example
                .replace("payments, format: orc }", "in, format: json" + columns)
                .replace("scores, format: orc }", "payments, format: orc" + columns),
            example,
            example
                .replace("path: scores, format: orc }", "path: out, format: json }")
                .replace("payments,", "scores,")
                .replace("score: fraud_score", "score: again"))) {
      Files.writeString(job, yaml);

      CommandRun run = run(job, "run");

      assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    }

    assertThat(rows("out"))
        .hasSize(100)
        .allSatisfy(
            row -> {
              assertThat(row.get("id").asText()).isEqualTo("p" + row.get("amount").asInt());
              assertThat(row.get("fraud_score").asDouble()).isBetween(0.0, 1.0);
              assertThat(row.get("again")).isEqualTo(row.get("fraud_score"));
            });
  }

  /** Flink would begin anew, and what was moved already would be there twice. */
  @Test
  void addsNoRowTwiceWhereNotAllFilesCanBeMoved() throws IOException {
    Files.write(
        directory.resolve("in/a.json"),
        IntStream.range(0, 20)
            .mapToObj(i -> "{\"id\": \"p%d\", \"a\": %d, \"b\": 1}".formatted(i, i))
            .toList());
    Path job = job();
    Files.writeString(
        job, Files.readString(job).replace("/out', format", "/out', partitioned-by: id, format"));
    Path inTheWay = Files.createDirectory(directory.resolve("out")).resolve("id=p7");
    Files.createFile(inTheWay);

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains(
            "job 'adding' failed: '" + directory.resolve("out"),
            "not all files of the job were moved there: ")
        .doesNotContain("restart 1");
    Files.delete(inTheWay);
    assertThat(rows("out")).extracting(row -> row.get("a").asInt()).doesNotHaveDuplicates();
  }

  /** Flink would write them to out/dt=1/dt=1/id=r1. */
  @Test
  void refusesPartitionsBelowAFolderThatLooksLikeOne() throws IOException {
    Path job = job();
    Files.writeString(
        job,
        Files.readString(job).replace("/out', format", "/out/dt=1', partitioned-by: id, format"));

    for (String command : List.of("plan", "run")) {
      CommandRun run = run(job, command);

      assertThat(run.exitCode()).as(command).isEqualTo(ExitCode.USAGE);
      assertThat(run.err())
          .startsWith(job + ":")
          .contains("sink: partitioned-by below 'dt=1' of its path (expected: no");
    }
    assertThat(run(job, "plan", "-o", "json").out())
        .contains("\"valid\" : false", "partitioned-by below");
  }

  /**
   * In a batch job a step of another parallelism begins when the one before it has ended. What no
   * sink keeps counts as what files do.
   */
  @Test
  void runsStepsThatNeedTheMemoryOneAfterTheOther() throws IOException {
    Path job = job();
    Files.writeString(
        job,
        Files.readString(job)
            .replace("max-size: 64", "max-size: 1000000, max-in-flight: 60")
            .replace(
                "{ sum: grand_total }\n    resources: { device: cpu }",
                "{ sum: grand_total }\n    batching: { max-size: 1000000, max-in-flight: 40 }\n    resources: { device: cpu, parallelism: 2 }")
            .replace("resources: { device: cpu }", "resources: { device: cpu, parallelism: 1 }")
            .replaceAll("connector: filesystem, path: .*, format: json", "connector: blackhole"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out().lines().map(line -> line.replaceFirst("[\\d.]+ s, .*", "")))
        .contains("records in   1,000 in ", "predictions  999", "dead letters 1, null-input 1");
  }

  @Test
  void refusesMoreDirectMemoryThanThereIs() throws IOException {
    Path job = job();
    Files.writeString(
        job,
        Files.readString(job)
            .replace(
                "{ sum: grand_total }\n    resources: { device: cpu }",
                "{ sum: grand_total }\n    batching: { max-size: 1000000 }\n    resources: { device: cpu, parallelism: 1000 }"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(job + ":", "steps: direct memory: ", "TIDEMILL_JAVA_OPTS=-XX:MaxDirectMemory")
        .doesNotContain("\tat ");
  }

  @Test
  void namesWhatAKilledRunHasLeftOfItsFiles() throws IOException {
    Path left = Files.createDirectories(directory.resolve("dead/.staging_1_a"));

    CommandRun run = run(job(), "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.err().lines().filter(line -> line.contains("was left by a run that was killed")))
        .singleElement()
        .asString()
        .startsWith("'" + left + "' ");
    assertThat(left).exists();
  }

  @Test
  void leavesNothingOfItsFilesWhenItFails() throws IOException {
    Path others = Files.createDirectories(directory.resolve("out/.staging_1_a"));
    Path job = job();
    Files.writeString(
        job,
        Files.readString(job)
            .replace(
                "dead-letter: { connector: filesystem, path: '${ROOT}/dead', format: json }", "")
            .replace(
                "resources: { device: cpu }\n",
                "null-input: fail\n    resources: { device: cpu }\n"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("adding has failed");
    try (Stream<Path> left = Files.list(directory.resolve("out"))) {
      assertThat(left).containsExactly(others);
    }
  }

  /** Flink deletes all that is in the folder, dead letters of the same run among it. */
  @Test
  void replacesNoFolderInWhichTheSourceDeadLettersOrLinksAre() throws IOException {
    Path job = job();
    String yaml = Files.readString(job).replace("/out', format", "/out', overwrite: true, format");

    Files.writeString(job, yaml.replace("/dead'", "/out/dead'"));
    assertThat(run(job, "plan").err())
        .contains("/out/dead' (expected: neither in the other, as what is there is deleted)");

    Files.writeString(job, yaml.replace("/out'", "/in'"));
    assertThat(run(job, "plan").err())
        .containsPattern("overwrite: true of '\\S+/in' beside source's '\\S+/in'");

    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    Files.createSymbolicLink(
        Files.createDirectories(directory.resolve("out/deep")).resolve("link"), elsewhere);
    Files.writeString(job, yaml);
    assertThat(run(job, "plan").err())
        .contains(
            "/out/deep/link' is a link to a folder (expected: none, as what is there is deleted)");
  }

  @Test
  void leavesNothingInTheSinkWhereFlinkDoesNotStart() throws IOException {
    Path job = job();
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Files.writeString(
          job,
          Files.readString(job) + "flink: { rest.port: %d }\n".formatted(taken.getLocalPort()));

      CommandRun run = run(job, "run");

      assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.FAILED);
      assertThat(directory.resolve("out")).doesNotExist();
    }
  }

  private List<String> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve(folder))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void readsCsvBesideTheJobAndSumsUpAndFailsWhereEveryRecordIsDead() throws IOException {
    Files.write(directory.resolve("in/a.json"), List.of("x,,2"));
    Path job = job();
    Files.writeString(
        job,
        Files.readString(job)
            .replaceFirst(
                "path: .*\n  format: json", "path: in\n  format: csv\n  csv.null-literal: ''"));

    CommandRun run = run(job, "run", "-o", "json");

    JsonNode summary = new ObjectMapper().readTree(run.out());
    assertThat(summary.at("/outcome").asText()).isEqualTo("failed");
    assertThat(summary.at("/figures/recordsIn").asLong()).isEqualTo(1);
    assertThat(summary.at("/figures/predictions").asLong()).isZero();
    assertThat(summary.at("/figures/done").asDouble()).isEqualTo(1);
    assertThat(summary.at("/figures/deadLetters/null-input").asLong()).isEqualTo(1);
    assertThat(summary.at("/figures/steps/1/model").asText()).isEqualTo("adder:1.0.0");
    assertThat(summary.at("/peakMemoryBytes").asLong()).isPositive();
    assertThat(summary.at("/versions/flink").asText()).startsWith("2.");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("has failed").doesNotContain("has finished");
    assertThat(run.err()).contains("all of its 1 records became dead letters");
  }

  @Test
  void aNullIsMissingToABoosterUnlessItsStepSaysOtherwise() throws Exception {
    var booster = Boosters.train(directory, "trees.ubj", Boosters.Objective.BINARY);
    CommandRun pushed =
        CommandRun.of(
            "model",
            "push",
            directory.resolve("trees.ubj").toString(),
            "trees:1.0.0",
            "--store",
            new Jobs(directory).store());
    assertThat(pushed.exitCode()).isEqualTo(ExitCode.DONE);
    Files.write(
        directory.resolve("in/a.json"),
        List.of(
            "{\"id\": \"full\", \"f\": [1, 2, 3, 4, 5, 6, 7, 8]}",
            "{\"id\": \"gaps\", \"f\": [1, null, 3, 4, null, 6, 7, 8]}"));
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: trees
            mode: batch
            source:
              connector: filesystem
              path: ${ROOT}/in
              format: json
              columns: { id: STRING, f: ARRAY<FLOAT> }
            steps:
              - id: score
                model: trees:1.0.0
                input: { features: f }
                output: { prediction: score }
                resources: { device: cpu }
            sink: { connector: filesystem, path: '${ROOT}/out', format: json }
            dead-letter: { connector: filesystem, path: '${ROOT}/dead', format: json }
            """);
    float[] gaps = {1, Float.NaN, 3, 4, Float.NaN, 6, 7, 8};
    double expected = booster.inplace_predict(gaps, 1, gaps.length, Float.NaN)[0][0];
    booster.dispose();

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(rows("out"))
        .extracting(row -> row.get("id").asText())
        .containsExactlyInAnyOrder("full", "gaps");
    assertThat(rows("out"))
        .filteredOn(row -> row.get("id").asText().equals("gaps"))
        .singleElement()
        .satisfies(
            row -> assertThat(row.get("score").asDouble()).isCloseTo(expected, within(1e-6)));

    Files.writeString(
        job,
        Files.readString(job)
            .replace("resources:", "null-input: dead-letter\n    resources:")
            .replace("/out'", "/without'"));
    run(job, "run");

    assertThat(rows("without")).extracting(row -> row.get("id").asText()).containsExactly("full");
    assertThat(rows("dead"))
        .extracting(letter -> letter.at("/context/tidemill.cause").asText())
        .containsExactly("null-input");
  }

  @Test
  void failsWithOneMessageWhereARecordHasNowhereToGo() throws IOException {
    Path job = job();
    Files.writeString(job, Files.readString(job).replaceFirst("dead-letter: .*\n", ""));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .containsPattern(
            "job 'adding' failed: step 'first': record file:.*/in/a.json/\\d+ cannot be scored: ")
        .contains("give the job a dead-letter sink")
        .doesNotContain("\tat ");
  }

  @Test
  void plansWhatItWouldRun() throws IOException {
    CommandRun table = run(job(), "plan");
    CommandRun json = run(job(), "plan", "-o", "json");

    assertThat(directory.resolve("out")).doesNotExist();
    assertThat(directory.resolve("dead")).doesNotExist();
    assertThat(directory.resolve(".tidemill")).doesNotExist();
    assertThat(table.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(table.out())
        .contains("job          adding (batch)", "adder:1.0.0 (adder@production)", "sha256:")
        .containsPattern("memory     [\\d.,]+ [KM]iB of Arrow's for each subtask")
        .contains("  column     total FLOAT");
    JsonNode view = new ObjectMapper().readTree(json.out());
    assertThat(view.at("/valid").asBoolean()).isTrue();
    assertThat(view.at("/begins").asText()).isEqualTo("anew, as a batch job always does");
    JsonNode plan = view.get("plan");
    assertThat(plan.at("/steps/0/model").asText()).isEqualTo("adder:1.0.0");
    assertThat(plan.at("/steps/0/memoryBytes").asLong()).isPositive();
    assertThat(plan.at("/columns").findValuesAsText("name")).contains("total");
    assertThat(plan.at("/operators").findValuesAsText("uid")).contains("source", "first", "second");
  }

  @Test
  void printsTheAvroSchemaThatReadersOfTheSinkNeed() throws IOException {
    Path job = job();
    assertThat(run(job, "plan", "--sink-schema").err())
        .contains("--sink-schema: the sink's format is json (expected: one of Avro;");

    Files.writeString(
        job, Files.readString(job).replace("/out', format: json", "/out', format: avro"));

    CommandRun run = run(job, "plan", "--sink-schema");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(new ObjectMapper().readTree(run.out()).at("/fields"))
        .extracting(field -> field.get("name").asText())
        .containsExactly("id", "a", "b", "total", "grand_total");
  }

  @Test
  void plansABadJobInTheSameShape() throws IOException {
    Path job = job();
    Files.writeString(job, Files.readString(job).replace("device: cpu", "device: abacus"));

    CommandRun run = run(job, "plan", "-o", "json");

    JsonNode view = new ObjectMapper().readTree(run.out());
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).isEmpty();
    assertThat(view.at("/valid").asBoolean()).isFalse();
    assertThat(view.at("/plan").isNull()).isTrue();
    assertThat(view.at("/problems/0/line").asInt()).isEqualTo(14);
    assertThat(view.at("/problems/0/message").asText()).contains("abacus");
  }

  @Test
  void plansWithTheThreadsThatTheJobSays() throws IOException {
    Path job = job();
    Files.writeString(job, Files.readString(job).replace("device: cpu", "device: cpu, threads: 2"));

    assertThat(run(job, "plan").out()).contains("engine     tensorflow on cpu (threads: 2)\n");
    assertThat(run(job(), "plan").out()).contains("engine     tensorflow on cpu\n");
  }

  @Test
  void refusesOtherThreadsOfOneEngineBeforeItStarts() throws IOException {
    Path job = job();
    Files.writeString(
        job, Files.readString(job).replaceFirst("device: cpu", "device: cpu, threads: 2"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .startsWith(job + ":")
        .contains("resources of step 'second': threads: none said, but step 'first' says 2");
  }

  @Test
  void saysThatAModelIsMissingWithItsPlaceInTheFile() throws IOException {
    Path job = job();
    Files.writeString(job, Files.readString(job).replace("adder@production", "adder:3.0.0"));

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).startsWith(job + ":10:").contains("version 3.0.0").contains("1.0.0");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void saysThatABrokerIsMissingBeforeItStarts() throws IOException {
    Path job = Files.writeString(directory.resolve("kafka.yaml"), Jobs.KAFKA);
    new Jobs(directory).publish("fraud", "1.0.0");

    CommandRun run = run(job, "run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("no Kafka broker answers at localhost:1")
        .doesNotContain("\tat ");
  }

  private Path job() throws IOException {
    return Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: adding
        mode: batch
        source:
          connector: filesystem
          path: ${ROOT}/in
          format: json
          columns: { id: STRING, a: DOUBLE, b: FLOAT }
        steps:
          - id: first
            model: adder@production
            input: { left: a, right: b }
            output: { sum: total }
            batching: { max-size: 64 }
            resources: { device: cpu }
          - id: second
            model: adder:1.0.0
            input: { left: total, right: a }
            output: { sum: grand_total }
            resources: { device: cpu }
        sink: { connector: filesystem, path: '${ROOT}/out', format: json }
        dead-letter: { connector: filesystem, path: '${ROOT}/dead', format: json }
        """);
  }

  private CommandRun run(Path job, String command, String... more) {
    List<String> arguments = new ArrayList<>(List.of(command, job.toString()));
    arguments.addAll(List.of("--store", new Jobs(directory).store()));
    arguments.addAll(List.of(more));
    return CommandRun.of(Map.of("ROOT", directory.toString()), arguments.toArray(new String[0]));
  }

  private List<JsonNode> rows(String folder) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory.resolve(folder))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        for (String line : Files.readAllLines(file)) {
          rows.add(new ObjectMapper().readTree(line));
        }
      }
    }
    return rows;
  }
}
