package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Table;
import org.apache.iceberg.hadoop.HadoopTables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the job of connectors/table that reads and writes tables of Iceberg. */
class IcebergITCase {
  private static final Pattern JOB =
      Pattern.compile("```yaml\n(name: scores-of-the-lake\n.*?)```", Pattern.DOTALL);
  private static final int ROWS = 1_000;

  @TempDir private Path directory;

  @Test
  void tableIsTheSameHoweverOftenItIsScored() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("fraud", "1.0.0", SavedModels.mlp(model, 1), model);
    String job = job();
    Path file = directory.resolve("job.yaml");
    Files.writeString(file, job);
    assertThat(plan(file).err())
        .as("a table that is read is not made by planning")
        .contains("'iceberg': table 'shop.payments' is not there (expected: the one to read");
    Files.writeString(file, payments(job));
    assertThat(plan(file).out())
        .contains(
            "note         sink: table 'shop.payments' is not there: a run makes it, with the columns"
                + " of the sink, partitioned by day",
            "column     fraud_score FLOAT");
    assertThat(CommandRun.of("validate", file.toString()).exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(directory.resolve("lake")).as("a plan writes nothing").doesNotExist();
    assertThat(run(file).err()).contains("has finished");
    Table payments = table("payments");
    payments
        .manageSnapshots()
        .createBranch("audited", payments.currentSnapshot().snapshotId())
        .commit();
    assertThat(run(file).err()).as("more rows, not on the branch").contains("has finished");
    Files.writeString(file, job);

    for (int run = 1; run <= 2; run++) {
      assertThat(run(file).err()).contains("has finished");
      Table scores = table("scores");
      assertThat(scores.snapshots()).hasSize(run);
      assertThat(scores.currentSnapshot().summary())
          .containsEntry("total-records", String.valueOf(ROWS));
      assertThat(scores.schema().findField("fraud_score")).isNotNull();
    }
  }

  @Test
  void aBaseNamespaceIsRefused() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("fraud", "1.0.0", SavedModels.mlp(model, 1), model);
    Path file = directory.resolve("job.yaml");
    Files.writeString(
        file,
        payments(job())
            .replace("catalog-table: payments", "catalog-table: payments\n  base-namespace: eu"));

    assertThat(plan(file).err())
        .contains("base-namespace: 'eu' (expected: none, since Iceberg's connector makes a table");
    Files.writeString(
        file,
        job().replace("catalog-table: payments", "catalog-table: payments\n  base-namespace: eu"));
    assertThat(plan(file).err()).contains("source: base-namespace: 'eu' (expected: none");
    assertThat(directory.resolve("lake")).doesNotExist();
  }

  private String job() throws IOException {
    Matcher job =
        JOB.matcher(Files.readString(Path.of("..", "..", "connectors", "table", "README.md")));
    assertThat(job.find()).as("the job in connectors/table/README.md").isTrue();
    return job.group(1).replace("s3://lake/warehouse", "lake");
  }

  /** A job that fills the table which that one reads. */
  private String payments(String job) throws IOException {
    Path in = Files.createDirectories(directory.resolve("in"));
    Files.write(
        in.resolve("a.json"),
        IntStream.range(0, ROWS)
            .mapToObj(i -> "{\"id\":%d,\"day\":\"%s\",\"amount\":%d}".formatted(i, i % 3, i))
            .toList());
    return job.replaceFirst(
            "(?s)source:.*?  columns",
            "source:\n  connector: filesystem\n  path: " + in + "\n  format: json\n  columns")
        .replace("catalog-table: scores", "catalog-table: payments")
        .replace("overwrite: true", "overwrite: false");
  }

  private Table table(String name) {
    return new HadoopTables(new Configuration())
        .load(directory.resolve("lake/shop").resolve(name).toString());
  }

  private CommandRun plan(Path job) {
    return CommandRun.of("plan", job.toString(), "--store", new Jobs(directory).store());
  }

  private CommandRun run(Path job) {
    return CommandRun.of("run", job.toString(), "--store", new Jobs(directory).store());
  }
}
