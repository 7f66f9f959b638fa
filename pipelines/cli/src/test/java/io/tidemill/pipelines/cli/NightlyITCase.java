package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NightlyITCase {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;
  private String gates = "";
  private String onCorruptFile = "fail";
  private String partitions = "";

  @BeforeEach
  void publishAModelAndWriteRecords() throws IOException {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    input("2026-11-20", 100, 5);
    input("2026-11-21", 50, 0);
  }

  private void input(String date, int records, int withoutValue) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("in/dt=" + date));
    Files.write(
        folder.resolve("a.json"),
        IntStream.range(0, records)
            .mapToObj(
                i ->
                    "{\"id\": \"r%d\", \"a\": %d, \"b\": %s}"
                        .formatted(i, i, i < withoutValue ? "null" : "2"))
            .toList());
  }

  @Test
  void publishesEachDateOnceAndAgainWhereItChanges() throws IOException {
    CommandRun backfill = run("run", "--from", "2026-11-20", "--to", "2026-11-21", "-o", "json");

    assertThat(backfill.err()).doesNotContain("\tat ");
    assertThat(backfill.exitCode()).isEqualTo(ExitCode.DONE);
    JsonNode first = JSON.readTree(backfill.out()).get(0);
    assertThat(first.at("/outcome").asText()).isEqualTo("published");
    assertThat(first.at("/account/counts/recordsIn").asLong()).isEqualTo(100);
    assertThat(first.at("/account/counts/deadLetters/null-input").asLong()).isEqualTo(5);
    assertThat(first.at("/summary/figures/predictions").asLong()).isEqualTo(95);
    assertThat(rows("out/dt=2026-11-20"))
        .hasSize(95)
        .allSatisfy(
            row -> assertThat(row.get("total").asDouble()).isEqualTo(row.get("a").asDouble() + 2));
    assertThat(rows("out/dt=2026-11-21")).hasSize(50);
    assertThat(rows("dead/dt=2026-11-20"))
        .hasSize(5)
        .allSatisfy(
            letter ->
                assertThat(letter.at("/context/tidemill.cause").asText()).isEqualTo("null-input"));
    assertThat(directory.resolve("out/dt=2026-11-21/_SUCCESS")).exists();
    assertThat(directory.resolve("out/dt=2026-11-21/_tidemill.json")).exists();
    FileTime published = Files.getLastModifiedTime(directory.resolve("out/dt=2026-11-20"));

    CommandRun again = run("run", "--date", "2026-11-20");
    assertThat(again.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(again.out()).startsWith("2026-11-20   nothing to do: run 1 has published ");
    assertThat(Files.getLastModifiedTime(directory.resolve("out/dt=2026-11-20")))
        .isEqualTo(published);

    input("2026-11-20", 120, 0);
    CommandRun changed = run("run", "--date", "2026-11-20");
    assertThat(changed.out())
        .contains("(run 2: of the input files 0 are new, 1 have changed and 0 are gone)");
    assertThat(rows("out/dt=2026-11-20")).hasSize(120);
    assertThat(rows("dead/dt=2026-11-20")).isEmpty();

    assertThat(run("run", "--date", "2026-11-20", "--force").out()).contains("(run 3: --force)");
    JsonNode runs = JSON.readTree(run("runs", "ls", "-o", "json").out());
    assertThat(runs.findValuesAsText("state")).hasSize(4).containsOnly("published");
    assertThat(runs).extracting(account -> account.get("run").asInt()).containsExactly(1, 2, 3, 1);
    assertThat(run("runs", "show", "--date", "2026-11-20", "--run", "1").out())
        .contains("records in   100", "dead letters 5", "model        first: adder:1.0.0 sha256:");
    assertThat(run("dead-letters", "stats", "--date", "2026-11-20").exitCode())
        .isEqualTo(ExitCode.DONE);
  }

  @Test
  void runsDatesAtOnceAndPublishesThemInTheirOrderUntilOneFails() throws IOException {
    input("2026-11-20", 20_000, 5);
    input("2026-11-22", 100, 20);
    input("2026-11-23", 50, 0);
    gates = "gates: { psi: 1000 }\n";

    CommandRun run =
        run("run", "--from", "2026-11-20", "--to", "2026-11-24", "--parallel-dates", "3");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains("job 'adding' for 2026-11-22: 20 of 100 records became dead letters")
        .doesNotContain("for 2026-11-24", "\tat ");
    assertThat(run.out().lines().filter(line -> line.startsWith("2026-11-2")).limit(2))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("2026-11-20   published "),
            second -> assertThat(second).startsWith("2026-11-21   published "));
    // It ended long before the first, and was compared with it.
    assertThat(run("runs", "show", "--date", "2026-11-21").out())
        .contains(" against 2026-11-20, median ");
    assertThat(rows("out/dt=2026-11-20")).hasSize(19_995);
    assertThat(directory.resolve("out/dt=2026-11-22")).doesNotExist();
    assertThat(directory.resolve("out/dt=2026-11-23")).doesNotExist();

    input("2026-11-22", 100, 0);
    CommandRun again =
        run(
            "run",
            "--from",
            "2026-11-20",
            "--to",
            "2026-11-23",
            "--parallel-dates",
            "2",
            "-o",
            "json");

    JsonNode views = JSON.readTree(again.out());
    assertThat(views)
        .extracting(view -> view.get("date").asText() + " " + view.get("outcome").asText())
        .containsExactly(
            "2026-11-20 nothing to do",
            "2026-11-21 nothing to do",
            "2026-11-22 published",
            "2026-11-23 published");
    assertThat(rows("out/dt=2026-11-23")).hasSize(50);
  }

  @Test
  void countsTheMemoryOfTheDatesThatThereAreAndNotOfAsManyAsMayRunAtOnce() {
    CommandRun run =
        run("run", "--from", "2026-11-21", "--to", "2026-11-21", "--parallel-dates", "64");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.err()).doesNotContain("heap: about");
  }

  @Test
  void waitsForNoInputBehindADateThatFails() throws IOException {
    input("2026-11-20", 100, 20);

    CommandRun run =
        run(
            "run",
            "--from",
            "2026-11-20",
            "--to",
            "2026-11-22",
            "--parallel-dates",
            "3",
            "--wait",
            "2h");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains("job 'adding' for 2026-11-20: 20 of 100 records became dead letters")
        .contains("for 2026-11-22 waits for its input, up to 2h")
        .contains("job 'adding' for 2026-11-22: a date before it is not published");
  }

  @Test
  void publishesWhereALanguageHasOtherDigits() throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("fa-IR-u-nu-arabext"));
    try {
      assertThat(run("run", "--date", "2026-11-21").out()).contains("(run 1: ");
    } finally {
      Locale.setDefault(before);
    }
    assertThat(rows("out/dt=2026-11-21")).hasSize(50);
  }

  @Test
  void publishesALineThatDoesNotDecodeAsADeadLetterWithItsPlace() throws IOException {
    Path file = directory.resolve("in/dt=2026-11-21/a.json");
    Files.writeString(file, Files.readString(file) + "{\"id\": \"cut\n");

    CommandRun run = run("run", "--date", "2026-11-21", "-o", "json");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    JsonNode counts = JSON.readTree(run.out()).at("/account/counts");
    assertThat(counts.at("/recordsIn").asLong()).isEqualTo(51);
    assertThat(counts.at("/deadLetters/undecodable").asLong()).isEqualTo(1);
    assertThat(rows("out/dt=2026-11-21")).hasSize(50);
    JsonNode letter = rows("dead/dt=2026-11-21").get(0);
    assertThat(letter.at("/topic").asText()).endsWith("/in/dt=2026-11-21/a.json");
    assertThat(letter.at("/offset").asLong()).isEqualTo(Files.size(file) - 12);
    assertThat(letter.at("/value").binaryValue()).isEqualTo("{\"id\": \"cut".getBytes(UTF_8));
    assertThat(run("dead-letters", "ls", "--date", "2026-11-21").out())
        .contains("/in/dt=2026-11-21/a.json/" + letter.at("/offset").asLong());
  }

  @Test
  void publishesWhatItCouldReadOfAFileThatIsCutOffAndTellsOfTheRest() throws IOException {
    Path cut = directory.resolve("in/dt=2026-11-21/cut.json.gz");
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(whole)) {
      for (int i = 0; i < 5_000; i++) {
        packed.write("{\"id\": \"p%d\", \"a\": %d, \"b\": 2}\n".formatted(i, i).getBytes(UTF_8));
      }
    }
    Files.write(cut, Arrays.copyOf(whole.toByteArray(), whole.size() / 2));
    assertThat(run("run", "--date", "2026-11-21").err())
        .contains("cut.json.gz: cannot be read: EOFException: Unexpected end of ZLIB input stream");
    onCorruptFile = "dead-letter";

    CommandRun run = run("run", "--date", "2026-11-21", "-o", "json");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    int rows = rows("out/dt=2026-11-21").size();
    assertThat(rows).isBetween(1_000, 5_000);
    JsonNode account =
        JSON.readTree(directory.resolve("out/dt=2026-11-21/_tidemill.json").toFile());
    JsonNode counts = JSON.readTree(run.out()).at("/account/counts");
    assertThat(account.at("/run/counts")).isEqualTo(counts);
    assertThat(counts.at("/recordsIn").asLong()).isEqualTo(rows + 1);
    assertThat(counts.at("/recordsOut").asLong()).isEqualTo(rows);
    assertThat(counts.at("/deadLetters")).isEqualTo(JSON.readTree("{\"corrupt-file\": 1}"));
    JsonNode letter = rows("dead/dt=2026-11-21").get(0);
    assertThat(letter.at("/topic").asText()).isEqualTo("file:" + cut);
    assertThat(run("dead-letters", "stats", "--date", "2026-11-21").out()).contains("corrupt-file");
    assertThat(run("dead-letters", "ls", "--date", "2026-11-21").out())
        .contains("cut.json.gz/" + letter.at("/offset").asLong());
  }

  @Test
  void publishesPartitionsInTheFolderOfTheDate() throws IOException {
    input("2026-11-21", 3, 0);
    partitions = "partitioned-by: id, ";

    CommandRun run = run("run", "--date", "2026-11-21");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(directory.resolve("out/dt=2026-11-21").toFile().list())
        .containsExactlyInAnyOrder("id=r0", "id=r1", "id=r2", "_tidemill.json", "_SUCCESS");
  }

  @Test
  void publishesColumnsOfParquetWithTheirSketchesAndDeadLetters() throws IOException {
    input("2026-11-21", 100, 4);
    Path copying =
        edited(
            "copying.yaml",
            "name: adding",
            "name: copying",
            "input: { left: a, right: b }",
            "input: { left: a, right: a }",
            "/dead/",
            "/dead-copies/",
            "/out/dt={{ ds }}', format: json",
            "/parquet/dt={{ ds }}', format: parquet");
    assertThat(runOf(copying, "--date", "2026-11-21").exitCode()).isEqualTo(ExitCode.DONE);
    Path reading =
        edited(
            "reading.yaml",
            "/in/dt={{ ds }}",
            "/par*/dt={{ ds }}",
            "format: json\n  columns",
            "format: parquet\n  columns",
            "/out/dt={{ ds }}', format: json",
            "/out/dt={{ ds }}', format: parquet");
    gates = "gates: { min-rows: 90 }\n";

    CommandRun run = runOf(reading, "--date", "2026-11-21", "-o", "json");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    JsonNode counts = JSON.readTree(run.out()).at("/account/counts");
    assertThat(counts.at("/recordsIn").asLong()).isEqualTo(100);
    assertThat(counts.at("/recordsOut").asLong()).isEqualTo(96);
    JsonNode published =
        JSON.readTree(directory.resolve("out/dt=2026-11-21/_tidemill.json").toFile());
    assertThat(published.at("/predictions"))
        .singleElement()
        .satisfies(
            field -> {
              assertThat(field.get("field").asText()).isEqualTo("total");
              assertThat(field.get("records").asLong()).isEqualTo(96);
              assertThat(field.get("missing").asLong()).isZero();
            });
    assertThat(published.at("/basis/inputs/0/path").asText())
        .contains("/parquet/dt=2026-11-21/part-");
    assertThat(rows("dead/dt=2026-11-21"))
        .extracting(letter -> letter.get("offset").asText())
        .containsExactlyInAnyOrder("0", "1", "2", "3");
  }

  @Test
  void hasTheColumnsOfItsLastFileWhereItDeclaresNoneAndWaitsForOne() throws IOException {
    Path copying =
        edited(
            "copying.yaml",
            "name: adding",
            "name: copying",
            "/dead/",
            "/dead-copies/",
            "/out/dt={{ ds }}', format: json",
            "/parquet/dt={{ ds }}', format: parquet");
    assertThat(runOf(copying, "--date", "2026-11-21").exitCode()).isEqualTo(ExitCode.DONE);
    String declared = Files.readString(job());
    String columns =
        declared.substring(declared.indexOf("\n  columns"), declared.indexOf("\nsteps"));
    Path job =
        edited(
            "undeclared.yaml",
            "/in/dt={{ ds }}",
            "/parquet/dt={{ ds }}",
            "format: json" + columns.split("\n  on-")[0],
            "format: parquet",
            "output: { sum: total }",
            "output: { sum: again }");

    CommandRun plan = commandOf("plan", job, new StringWriter(), "--date", "2026-11-21");
    CommandRun run = runOf(job, "--date", "2026-11-21", "-o", "json");

    assertThat(plan.out())
        .containsPattern(
            "  columns    as in file:.*/parquet/dt=2026-11-21/part-.*\n  column     id STRING\n  column     a DOUBLE\n");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(rows("out/dt=2026-11-21")).hasSize(50).allMatch(row -> row.has("again"));

    Path declaring =
        Files.writeString(
            directory.resolve("declaring.yaml"),
            Files.readString(job)
                .replace("format: parquet", "format: parquet\n  columns: { a: DOUBLE, b: INT }"));
    assertThat(commandOf("plan", declaring, new StringWriter(), "--date", "2026-11-21").out())
        .containsPattern(
            "note         source: a run fails on the files of now: file:.*/part-.*: column 'b': 'optional float b' \\(expected: what is read as INT,");

    Files.createDirectories(directory.resolve("parquet/dt=2026-11-22"));
    CommandRun none = runOf(job, "--date", "2026-11-22", "--wait", "1ms");
    CommandRun unplanned = commandOf("plan", job, new StringWriter(), "--date", "2026-11-22");

    assertThat(none.exitCode()).as(none.err()).isEqualTo(ExitCode.NOT_YET);
    assertThat(none.err())
        .contains(
            "dt=2026-11-22' is not there yet (expected: one file or more, as the job declares no columns and has them from the last;");
    assertThat(unplanned.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unplanned.err()).contains("undeclared.yaml:", "dt=2026-11-22' has no file yet");

    for (String command : List.of("package", "render")) {
      CommandRun today = withoutFilesOfToday(command, job);
      CommandRun dated = withoutFilesOfToday(command, job, "--date", "2026-11-21");

      assertThat(today.exitCode()).as(today.err()).isEqualTo(ExitCode.USAGE);
      assertThat(today.err()).contains("' has no file yet", "as there may be for another date");
      assertThat(dated.exitCode()).as(dated.err()).isEqualTo(ExitCode.DONE);
    }

    Path wrong =
        edited(
            "wrong.yaml",
            "/in/dt={{ ds }}",
            "/parquet/dt={{ ds }}",
            "format: json" + columns.split("\n  on-")[0],
            "format: parquet",
            "output: { sum: total }",
            "output: { no: total }");
    CommandRun atOnce = runOf(wrong, "--date", "2026-11-22", "--wait", "2h");

    assertThat(atOnce.exitCode()).as(atOnce.err()).isEqualTo(ExitCode.USAGE);
    assertThat(atOnce.err()).contains("wrong.yaml:", "'no'").doesNotContain("waits", "no schema");

    Files.writeString(directory.resolve("parquet/dt=2026-11-21/z.parquet"), "no such file");
    onCorruptFile = "dead-letter";
    Path passing =
        edited(
            "passing.yaml",
            "/in/dt={{ ds }}",
            "/parquet/dt={{ ds }}",
            "format: json" + columns.split("\n  on-")[0],
            "format: parquet",
            "output: { sum: total }",
            "output: { sum: again }");
    CommandRun corrupt = runOf(job, "--date", "2026-11-21");
    CommandRun passed = runOf(passing, "--date", "2026-11-21", "-o", "json");

    assertThat(corrupt.exitCode()).as(corrupt.err()).isEqualTo(ExitCode.USAGE);
    assertThat(corrupt.err()).contains("the columns of file:", "/z.parquet cannot be read: ");
    assertThat(passed.exitCode()).as(passed.err()).isEqualTo(ExitCode.DONE);
    assertThat(JSON.readTree(passed.out()).at("/account/counts/deadLetters").toString())
        .isEqualTo("{\"corrupt-file\":1}");

    Files.createFile(directory.resolve("parquet/dt=2026-11-21/10:00.parquet"));
    CommandRun unlisted = commandOf("plan", job, new StringWriter(), "--date", "2026-11-21");

    assertThat(unlisted.exitCode()).as(unlisted.err()).isEqualTo(ExitCode.FAILED);
    assertThat(unlisted.err()).startsWith("tidemill: source: path '").contains("cannot be listed");
  }

  private CommandRun withoutFilesOfToday(String command, Path job, String... options)
      throws IOException {
    List<String> more = new ArrayList<>(List.of(options));
    more.addAll(
        command.equals("package")
            ? List.of("--to", directory.resolve("%d.tar".formatted(options.length)).toString())
            : List.of(
                "--image",
                "example.org/tidemill:1",
                "--claim",
                "lake:" + directory,
                "--pod-store",
                "s3://lake/models"));
    if (command.equals("package")) {
      return commandOf(command, job, new StringWriter(), more.toArray(String[]::new));
    }
    more.add(0, job.toString());
    return commandOf(
        command, Path.of("kubernetes"), new StringWriter(), more.toArray(String[]::new));
  }

  /** The job in a file of its own, with other texts in the place of some. */
  private Path edited(String file, String... texts) throws IOException {
    String job = Files.readString(job());
    for (int i = 0; i < texts.length; i += 2) {
      assertThat(job).contains(texts[i]);
      job = job.replace(texts[i], texts[i + 1]);
    }
    return Files.writeString(directory.resolve(file), job);
  }

  private CommandRun runOf(Path job, String... options) {
    return runOf(job, new StringWriter(), options);
  }

  private CommandRun runOf(Path job, StringWriter err, String... options) {
    return commandOf("run", job, err, options);
  }

  private CommandRun commandOf(String command, Path job, StringWriter err, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command, job.toString()));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("--store", new Jobs(directory).store()));
    return CommandRun.of(
        Map.of("ROOT", directory.toString()),
        new FakeTerminal(false, ""),
        err,
        arguments.toArray(String[]::new));
  }

  @Test
  void publishesNothingPastTheLimitOnErrors() throws IOException {
    input("2026-11-21", 100, 20);

    CommandRun run = run("run", "--date", "2026-11-21", "-o", "json");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains(
            "job 'adding' for 2026-11-21: 20 of 100 records became dead letters (expected: errors.max-rate: 10%); most of them: null-input 20;")
        .doesNotContain("\tat ");
    assertThat(JSON.readTree(run.out()).at("/outcome").asText()).isEqualTo("failed");
    assertThat(directory.resolve("out/dt=2026-11-21")).doesNotExist();
    assertThat(directory.resolve("dead/dt=2026-11-21")).doesNotExist();
    JsonNode account =
        JSON.readTree(run("runs", "show", "--date", "2026-11-21", "-o", "json").out());
    assertThat(account.at("/state").asText()).isEqualTo("failed");
    assertThat(account.at("/message").asText()).contains("20 of 100 records");
  }

  @Test
  void holdsADateThatIsNotLikeTheOneBefore() throws IOException {
    gates = "gates: { psi: 0.2, quantiles: 0.1, min-rows: 10 }\n";
    assertThat(run("run", "--date", "2026-11-20").out())
        .contains(
            "gate         min-rows: 95 predictions (expected: gates.min-rows: 10)",
            "gate         psi of 'total': no date before is published to compare with");

    CommandRun held = run("run", "--date", "2026-11-21", "-o", "json");

    assertThat(held.exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(held.err())
        .contains("job 'adding' for 2026-11-21: run 1 is held")
        .containsPattern("psi of 'total': \\d\\.\\d+ against 2026-11-20, median \\d+.* after \\d+")
        .containsPattern(
            "quantiles of 'total': 0\\.\\d+ of the spread against 2026-11-20, at 95% \\d+.* after \\d+");
    assertThat(JSON.readTree(held.out()).at("/outcome").asText()).isEqualTo("held");
    assertThat(directory.resolve("out/dt=2026-11-21")).doesNotExist();
    assertThat(run("runs", "ls").out()).contains("2026-11-21  1    held");
    assertThat(run("runs", "show", "--date", "2026-11-21").out())
        .contains("gate shut    psi of 'total': ", "predicted    total: 0 null or NaN, a tenth");
    assertThat(run("runs", "publish", "--date", "2026-11-20").err())
        .contains("--date: no held run for '2026-11-20' in ");
    CommandRun published = run("runs", "publish", "--date", "2026-11-21");
    assertThat(published.err()).isEmpty();
    assertThat(published.out())
        .isEqualTo(
            "2026-11-21   published %s (run 2: publishes run 1, which was held)%n"
                .formatted(directory.resolve("out/dt=2026-11-21")));
    assertThat(rows("out/dt=2026-11-21")).hasSize(50);
    assertThat(run("run", "--date", "2026-11-21").out()).contains("nothing to do");
    assertThat(run("run", "--date", "2026-11-21", "--force").exitCode()).isEqualTo(ExitCode.HELD);
    CommandRun discarded = run("runs", "discard", "--date", "2026-11-21", "--run", "3");
    assertThat(discarded.out()).isEqualTo("2026-11-21   run 3 is discarded\n");
    JsonNode sketch =
        JSON.readTree(directory.resolve("out/dt=2026-11-20/_tidemill.json").toFile())
            .at("/predictions/0");
    assertThat(sketch.at("/field").asText()).isEqualTo("total");
    assertThat(sketch.at("/records").asLong()).isEqualTo(95);
    assertThat(sketch.at("/numbers").asText()).isNotEmpty();
  }

  @Test
  void yesterdayIsThatOfTheMomentThatIsSaid() {
    CommandRun run = run("run", "--date", "yesterday", "--now", "2026-11-25T00:30:00Z");

    assertThat(run.exitCode()).isEqualTo(ExitCode.NOT_YET);
    assertThat(run.out()).isEqualTo("2026-11-24   not there yet\n");
    assertThat(run("run", "--now", "2026-11-25T00:30:00Z").err())
        .contains("--now: without a date (expected: beside --date yesterday)");
  }

  @Test
  void answersFourWhereTheInputIsNotThereYet() {
    CommandRun run = run("run", "--date", "2026-11-22", "--wait", "1ms");

    assertThat(run.exitCode()).isEqualTo(ExitCode.NOT_YET);
    assertThat(run.out()).isEqualTo("2026-11-22   not there yet\n");
    assertThat(run.err())
        .contains("adding for 2026-11-22 waits for its input, up to 0.001s")
        .contains("/in/dt=2026-11-22' is not there yet (expected: a file or folder");
    assertThat(run("runs", "ls").out()).startsWith("no runs in " + directory + "/out/");
  }

  @Test
  void readsFoldersOfAColumnThatCameWhileItWaited() throws IOException {
    // With such a delimiter they are read by Flink's own source.
    Path job =
        edited(
            "late.yaml",
            "format: json\n  columns",
            "format: csv\n  csv.field-delimiter: '¦'\n  columns",
            "on-corrupt-file: fail",
            "partitioned-by: id");
    Path late = directory.resolve("in/dt=2026-11-22/id=r7/a.csv");
    StringWriter err =
        new StringWriter() {
          @Override
          public void write(String text, int offset, int length) {
            super.write(text, offset, length);
            if (toString().contains("waits for its input") && !Files.exists(late)) {
              try {
                Files.createDirectories(late.getParent());
                Files.writeString(late, "1¦2\n");
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        };

    CommandRun run = runOf(job, err, "--date", "2026-11-22", "--wait", "1s");

    assertThat(run.exitCode()).as(err.toString()).isEqualTo(ExitCode.DONE);
    assertThat(rows("out/dt=2026-11-22"))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.get("id").asText()).isEqualTo("r7");
              assertThat(row.get("total").asDouble()).isEqualTo(3);
            });
  }

  @Test
  void refusesARunWhileAnotherPublishesThere() throws IOException {
    run("run", "--date", "2026-11-21");
    Path runs = directory.resolve("out/_tidemill/dt=2026-11-21/runs");
    try (Stream<Path> accounts = Files.list(runs)) {
      // As if this very process were still at it.
      Path account = accounts.findFirst().orElseThrow();
      Files.writeString(account, Files.readString(account).replace("\"published\"", "\"running\""));
    }

    CommandRun run = run("run", "--date", "2026-11-21", "--force");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("another run publishes there: run 1 of job 'adding' by process ")
        .contains("(expected: one run at a time; wait for it, or end its process)");
    assertThat(run("runs", "ls").out()).contains("running");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          run                                           | the job runs for a date, and none is given (expected: --date
          dead-letters stats                            | the job runs for a date, and none is given (expected: --date
          run --date 2026-02-30                         | '2026-02-30' (expected: a day that there is, as in 2026-11-21, or today or yesterday
          run --date 21.11.2026                         | '21.11.2026' (expected: a day that there is, as in 2026-11-21
          run --from 2026-11-20                         | --from: alone (expected: --from and --to)
          run --from 2026-11-20 --to 2026-11-19         | --from: 2026-11-20, after --to 2026-11-19 (expected: not after it)
          run --date 2026-11-20 --to 2026-11-19         | --date: beside --to (expected: one of them)
          run --parallel-dates 2                        | --parallel-dates: without dates (expected: beside --from and --to)
          run --date 2026-11-20 --parallel-dates 2      | --parallel-dates: without dates
          run --from 2026-11-20 --to 2026-11-21 --parallel-dates 0 | --parallel-dates: 0 (expected: 1 to 64)
          run --force                                   | --force: without a date (expected: beside --date)
          runs show --date 2026-11-29                   | --date: no run for '2026-11-29' in
          runs show --date today                        | --date: no run for '2
          runs show --date 2026-02-30                   | '2026-02-30' (expected: a day that there is
          """)
  void refusesWrongDates(String line, String message) {
    String[] words = line.split(" ");

    CommandRun run = run(words[0], List.of(words).subList(1, words.length).toArray(String[]::new));

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message);
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void refusesADateThatCannotRunBeforeItRunsForTheFirst() throws IOException {
    Path later = directory.resolve("in/dt=2026-11-21");
    FileUtils.deleteDirectory(later.toFile());
    Files.createSymbolicLink(
        later, Files.createDirectories(directory.resolve("out/dt=2026-11-21")));

    CommandRun run = run("run", "--from", "2026-11-20", "--to", "2026-11-21");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("out/dt=2026-11-21' beside source's '");
    assertThat(directory.resolve("out/dt=2026-11-20")).doesNotExist();
  }

  @Test
  void saysAllThatKeepsAJobFromADate() throws IOException {
    Path job = job();
    Files.writeString(
        job,
        Files.readString(job)
            .replace("out/dt={{ ds }}", "out")
            .replace(
                "dead-letter: { connector: filesystem, path: '${ROOT}/dead/dt={{ ds }}', format: json }",
                "dead-letter: { connector: kafka, topic: dead }"));

    CommandRun run =
        CommandRun.of(
            Map.of("ROOT", directory.toString()), "validate", job.toString(), "--date", "today");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err().lines())
        .containsExactly(
            job
                + ":15:38: sink: filesystem '"
                + directory
                + "/out' (expected: connector: filesystem, and a path with the date in it as in scores/dt={{ ds }}: each run for a date replaces that folder; or connector: iceberg)",
            job
                + ":16:14: dead-letter: kafka '' (expected: connector: filesystem, and a path with the date in it as in dead/dt={{ ds }}: they are published with the predictions)");
  }

  private Path job() throws IOException {
    return Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: adding
        mode: batch
        source:
          connector: filesystem
          path: ${ROOT}/in/dt={{ ds }}
          format: json
          columns: { id: STRING, a: DOUBLE, b: FLOAT }
          on-corrupt-file: %s
        steps:
          - id: first
            model: adder@production
            input: { left: a, right: b }
            output: { sum: total }
            resources: { device: cpu }
        sink: { connector: filesystem, path: '${ROOT}/out/dt={{ ds }}', format: json }
        dead-letter: { connector: filesystem, path: '${ROOT}/dead/dt={{ ds }}', format: json }
        errors: { max-rate: 10%% }
        """
                .formatted(onCorruptFile)
                .replace("/out/dt={{ ds }}', ", "/out/dt={{ ds }}', " + partitions)
            + gates);
  }

  /** Runs a command of the job; its options come after the job's file. */
  private CommandRun run(String command, String... more) {
    try {
      List<String> arguments = new ArrayList<>(List.of(command));
      boolean ofGroup = !command.equals("run");
      arguments.addAll(List.of(more).subList(0, ofGroup ? 1 : 0));
      arguments.add(job().toString());
      arguments.addAll(List.of(more).subList(ofGroup ? 1 : 0, more.length));
      if (!command.equals("runs")) {
        arguments.addAll(List.of("--store", new Jobs(directory).store()));
      }
      return CommandRun.of(Map.of("ROOT", directory.toString()), arguments.toArray(String[]::new));
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private List<JsonNode> rows(String folder) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory.resolve(folder))) {
      for (Path file :
          files.filter(path -> path.getFileName().toString().startsWith("part-")).toList()) {
        for (String line : Files.readAllLines(file)) {
          rows.add(JSON.readTree(line));
        }
      }
    }
    return rows;
  }
}
