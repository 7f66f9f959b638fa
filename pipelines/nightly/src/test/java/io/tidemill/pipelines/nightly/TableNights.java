package io.tidemill.pipelines.nightly;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.run.RunFigures;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;

/** A job for a date that replaces a partition of a table, and runs of it that score nothing. */
final class TableNights {
  private static final String YAML =
      """
      name: nights
      mode: batch
      source: { connector: filesystem, path: 'in/dt={{ ds }}', format: json, columns: { a: DOUBLE } }
      steps:
        - id: score
          model: fraud:1.0.0
          input: { x: a }
          output: { y: z }
          resources: { device: cpu }
      sink:
        connector: iceberg
        catalog-name: lake
        catalog-type: hadoop
        warehouse: %s
        catalog-database: lake
        catalog-table: scores
        partition: 'day={{ ds }}'
        account: 'accounts/dt={{ ds }}'
      dead-letter: { connector: filesystem, path: 'dead/dt={{ ds }}', format: json }
      """;

  private final Path directory;
  private final String yaml;

  /** In a folder that is empty. */
  TableNights(Path directory) {
    this(directory, YAML.formatted(directory.resolve("warehouse").toUri()));
    Schema schema = new Schema(Types.NestedField.optional(1, "day", Types.StringType.get()));
    new HadoopTables(new Configuration())
        .create(schema, PartitionSpec.builderFor(schema).identity("day").build(), location());
  }

  private TableNights(Path directory, String yaml) {
    this.directory = directory;
    this.yaml = yaml;
  }

  /** The same of another name, with its account in another folder. */
  TableNights named(String name) {
    return new TableNights(
        directory,
        yaml.replace("name: nights", "name: " + name)
            .replace("accounts/", name + "/")
            .replace("dead/", "dead-" + name + "/"));
  }

  private String location() {
    return directory.resolve("warehouse/lake/scores").toString();
  }

  Table table() {
    return new HadoopTables(new Configuration()).load(location());
  }

  Path dead() {
    return directory.resolve("dead/dt=" + Nights.DATE);
  }

  /** Writes the input, with a time that no other generation has. */
  void input(String generation) throws IOException {
    Path file =
        Files.createDirectories(directory.resolve("in/dt=" + Nights.DATE)).resolve("a.json");
    Files.writeString(file, generation);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000L * generation.hashCode()));
  }

  DatedJob job(FileSystem files) {
    ParsedPipeline written =
        new PipelineReader(Map.of()).read("job.yaml", directory, directory, yaml);
    Place place = Place.of(written);
    return new DatedJob(
        new PipelineReader(Map.of(), Nights.DATE).read("job.yaml", directory, directory, yaml),
        Nights.DATE,
        new Place(Place.guarded(place.files().root(), files), place.above(), true));
  }

  /** Runs a job that makes two files and a dead letter, each with the generation in it. */
  void run(DatedJob job, String generation) throws InterruptedException {
    run(job, generation, () -> {});
  }

  /** The same, where something happens after they are made. */
  void run(DatedJob job, String generation, Runnable meanwhile) throws InterruptedException {
    run(
        job,
        lost -> {
          RunFigures made = score(job, generation);
          meanwhile.run();
          return made;
        });
  }

  void run(DatedJob job, Execution execution) throws InterruptedException {
    new NightlyRun(
            job,
            List.of(new ModelUse("score", "fraud:1.0.0", "sha256:1")),
            List.of(new RecordSchema.Column("a", "FLOAT")),
            List.of(new RecordSchema.Column("z", "FLOAT")),
            Nights.around(Nights.DEAD, new Nights.Pauses()))
        .run(job.inputs().list().orElseThrow(), false, execution);
  }

  private RunFigures score(DatedJob job, String generation) {
    append(TableOutput.branch(job.id()), generation, Nights.DATE.toString());
    try (OutputStream out =
        job.place()
            .files()
            .files()
            .create(
                new org.apache.flink.core.fs.Path(job.staging(job.id(), "dead-letters"), "part-0"),
                WriteMode.NO_OVERWRITE)) {
      out.write(generation.getBytes(UTF_8));
    } catch (IOException killed) {
      throw new UncheckedIOException(killed);
    }
    return Nights.figures(10, 9, 1);
  }

  /** Adds two files of nine rows. */
  void append(String branch, String generation, String day) {
    Table table = table();
    AppendFiles append = table.newAppend().toBranch(branch);
    for (int records : List.of(4, 5)) {
      DataFiles.Builder file =
          DataFiles.builder(table.spec())
              .withPath(table.location() + "/data/" + generation + "-" + records + ".parquet")
              .withFileSizeInBytes(100)
              .withRecordCount(records);
      append.appendFile(
          (table.spec().isPartitioned() ? file.withPartitionPath("day=" + day) : file).build());
    }
    append.commit();
  }

  /** The generations of the files that readers see, one for each file. */
  List<String> shown() {
    List<String> shown = new ArrayList<>();
    table()
        .newScan()
        .planFiles()
        .forEach(
            task -> shown.add(task.file().location().replaceAll(".*/(\\w+)-\\d\\.parquet", "$1")));
    return shown;
  }

  /** How often the table was changed for readers. */
  List<Snapshot> commits() {
    List<Snapshot> commits = new ArrayList<>();
    SnapshotUtil.currentAncestors(table()).forEach(commits::add);
    return commits;
  }
}
