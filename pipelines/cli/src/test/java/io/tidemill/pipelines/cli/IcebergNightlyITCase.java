package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs for dates that read a table of Iceberg and replace a partition of another. */
class IcebergNightlyITCase {
  private static final String DAY = "2026-11-20";

  @TempDir private Path directory;
  private String gates = "";

  @BeforeEach
  void publishAModelAndFillTheTable() throws IOException {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    payments(DAY, 5);
    payments("2026-11-21", 2);
  }

  @Test
  void replacesThePartitionOfTheDateInOneCommitAndNoOther() throws IOException {
    CommandRun plan = run("plan", "--date", DAY);
    assertThat(plan.exitCode()).as(plan.err() + plan.out()).isEqualTo(ExitCode.DONE);
    assertThat(plan.out())
        .contains(
            "reads        table lake.payments day=2026-11-20",
            "publishes    table lake.scores day=2026-11-20",
            "note         sink: table 'lake.scores' is not there: a run makes it, with the columns of"
                + " the sink, partitioned by day");
    assertThat(directory.resolve("warehouse/lake/scores"))
        .as("a plan writes nothing")
        .doesNotExist();

    CommandRun first = run("run", "--from", DAY, "--to", "2026-11-21");

    assertThat(first.exitCode()).as(first.err()).isEqualTo(ExitCode.DONE);
    assertThat(days()).containsExactly(DAY, DAY, DAY, DAY, DAY, "2026-11-21", "2026-11-21");
    assertThat(history()).hasSize(2);
    assertThat(table("scores").currentSnapshot().summary())
        .containsEntry("tidemill.job", "lake")
        .containsEntry("tidemill.date", "2026-11-21")
        .containsEntry("tidemill.run", "1");
    assertThat(table("scores").refs()).containsOnlyKeys("main");
    assertThat(directory.resolve("accounts/dt=" + DAY + "/_tidemill.json")).exists();

    assertThat(run("run", "--date", DAY).out()).contains("nothing to do: run 1 has published");
    assertThat(history()).hasSize(2);

    payments(DAY, 1);
    CommandRun changed = run("run", "--date", DAY);
    assertThat(changed.out()).contains("(run 2: of the input files 1 are new");
    assertThat(days()).hasSize(8);
    assertThat(history()).hasSize(3);
    assertThat(run("run", "--date", "2026-11-21").out())
        .as("its own rows are what they were")
        .contains("nothing to do");
  }

  @Test
  void waitsForRowsOfTheDate() {
    CommandRun run = run("run", "--date", "2026-11-22");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.NOT_YET);
    assertThat(run.err())
        .contains("input 'table 'lake.payments', day=2026-11-22' is not there yet");
  }

  @Test
  void holdsABranchThatAPersonPublishesOrDiscards() throws IOException {
    gates = "gates: { min-rows: 100 }\n";

    assertThat(run("run", "--date", DAY).exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(run("run", "--date", "2026-11-21").exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(table("scores").currentSnapshot()).isNull();
    assertThat(table("scores").refs()).hasSize(2);

    CommandRun published = run("runs", "publish", "--date", DAY);
    assertThat(published.exitCode()).as(published.err()).isEqualTo(ExitCode.DONE);
    assertThat(days()).hasSize(5);
    assertThat(run("runs", "show", "--date", DAY).out()).contains("state        published");
    assertThat(run("runs", "discard", "--date", "2026-11-21").exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(table("scores").refs()).containsOnlyKeys("main");
    assertThat(run("run", "--date", DAY).out()).contains("nothing to do");
  }

  @Test
  void saysWhatKeepsATableFromBeingPublishedWhole() throws IOException {
    assertThat(run("run", "--date", DAY).exitCode()).as("makes the table").isEqualTo(ExitCode.DONE);
    String job = job();

    assertThat(plan(job.replaceFirst("  account: .*\n", "")))
        .contains(
            "sink: account '' (expected: a path with the date in it as in accounts/dt={{ ds }}");
    assertThat(plan(job.replaceFirst("(?s)(.*)  partition: .*?\n", "$1")))
        .contains("sink: partition '' (expected: one with the date in it as in day={{ ds }}");
    assertThat(plan(job.replaceFirst("(?s)(.*)  partition: .*?\n", "$1  partition: id={{ ds }}\n")))
        .contains(
            "sink: partition: 'id' is no column by whose value table 'lake.scores' is partitioned (expected: one of [day])");
    assertThat(plan(job.replace("{{ ds }}", "2026-11-20")))
        .contains("sink: partition 'day=2026-11-20' (expected: --date,");
    assertThat(plan(job.replace("catalog-table: scores", "catalog-table: payments")))
        .contains("sink: the table of the source (expected: another");
  }

  private String plan(String job) throws IOException {
    Path file = directory.resolve("other.yaml");
    Files.writeString(file, job);
    CommandRun plan =
        CommandRun.of("plan", file.toString(), "--store", new Jobs(directory).store());
    assertThat(plan.exitCode()).isEqualTo(ExitCode.USAGE);
    return plan.out() + plan.err();
  }

  private List<String> days() throws IOException {
    List<String> days = new ArrayList<>();
    try (CloseableIterable<Record> rows = IcebergGenerics.read(table("scores")).build()) {
      rows.forEach(row -> days.add(String.valueOf(row.getField("day"))));
    }
    days.sort(String::compareTo);
    return days;
  }

  private List<Snapshot> history() {
    List<Snapshot> main = new ArrayList<>();
    Table scores = table("scores");
    for (Snapshot at = scores.currentSnapshot(); at != null; ) {
      main.add(at);
      at = at.parentId() == null ? null : scores.snapshot(at.parentId());
    }
    return main;
  }

  private Table table(String name) {
    return new HadoopTables(new Configuration())
        .load(directory.resolve("warehouse/lake").resolve(name).toString());
  }

  private String catalog(String table) {
    return """
    connector: iceberg
      catalog-name: lake
      catalog-type: hadoop
      warehouse: %s
      catalog-database: lake
      catalog-table: %s
    """
        .formatted(directory.resolve("warehouse").toUri(), table);
  }

  private String job() {
    return """
    name: lake
    mode: batch
    source:
      %s  partition: day={{ ds }}
      columns: { id: STRING, day: STRING, a: DOUBLE, b: FLOAT }
    steps:
      - id: first
        model: adder:1.0.0
        input: { left: a, right: b }
        output: { sum: total }
        resources: { device: cpu }
    sink:
      %s  partition: day={{ ds }}
      account: accounts/dt={{ ds }}
    """
            .formatted(catalog("payments"), catalog("scores"))
        + gates;
  }

  private CommandRun run(String... arguments) {
    Path job = directory.resolve("job.yaml");
    try {
      Files.writeString(job, job());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int words = arguments[0].equals("runs") ? 2 : 1;
    Stream<String> own =
        arguments[0].equals("runs")
            ? Stream.of(job.toString())
            : Stream.of(job.toString(), "--store", new Jobs(directory).store());
    return CommandRun.of(
        Stream.of(Stream.of(arguments).limit(words), own, Stream.of(arguments).skip(words))
            .flatMap(part -> part)
            .toArray(String[]::new));
  }

  /** Adds rows of a day to the table that is read. */
  private void payments(String day, int rows) throws IOException {
    Path in = Files.createDirectories(directory.resolve("in"));
    Files.write(
        in.resolve("a.json"),
        IntStream.range(0, rows)
            .mapToObj(i -> "{\"id\":\"r%d\",\"day\":\"%s\",\"a\":%d,\"b\":1}".formatted(i, day, i))
            .toList());
    Path file = directory.resolve("fill.yaml");
    Files.writeString(
        file,
        """
        name: fill
        mode: batch
        source:
          connector: filesystem
          path: in
          format: json
          columns: { id: STRING, day: STRING, a: DOUBLE, b: FLOAT }
        steps:
          - id: first
            model: adder:1.0.0
            input: { left: a, right: b }
            output: { sum: total }
            resources: { device: cpu }
        sink:
          %s  partitioned-by: day
          columns: { id: STRING, day: STRING, a: DOUBLE, b: FLOAT }
        """
            .formatted(catalog("payments")));
    CommandRun filled =
        CommandRun.of("run", file.toString(), "--store", new Jobs(directory).store());
    assertThat(filled.exitCode()).as(filled.err()).isEqualTo(ExitCode.DONE);
  }
}
