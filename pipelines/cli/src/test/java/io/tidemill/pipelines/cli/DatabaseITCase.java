package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jobs of connectors/table and docs/nightly that read and write a database. */
class DatabaseITCase {
  private static final int ROWS = 1_000;

  @TempDir private Path directory;

  @Test
  void tableIsTheSameHoweverOftenItIsScored() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("fraud", "1.0.0", SavedModels.mlp(model, 1), model);
    try (EmbeddedPostgres database = EmbeddedPostgres.start();
        Connection connection = database.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("CREATE TABLE payments (id BIGINT, amount DOUBLE PRECISION, country TEXT)");
      sql.execute(
          "CREATE TABLE scores (id BIGINT PRIMARY KEY, amount DOUBLE PRECISION, country TEXT,"
              + " fraud_score REAL)");
      sql.execute("INSERT INTO payments SELECT i, i, 'DE' FROM generate_series(1, " + ROWS + ") i");
      Path job =
          job(
              "connectors/table/README.md",
              "nightly-scores",
              database.getJdbcUrl("postgres", "postgres"));

      for (int run = 0; run < 2; run++) {
        assertThat(run(job).err()).contains("has finished");
        assertThat(count(sql, "SELECT count(*) FROM scores WHERE fraud_score IS NOT NULL"))
            .isEqualTo(ROWS);
        assertThat(
                count(sql, "SELECT count(*) FROM scores JOIN payments USING (id, amount, country)"))
            .isEqualTo(ROWS);
      }
    }
  }

  /** The job of docs/nightly. */
  @Test
  void eachDateHasTheRowsOfItsPartitionAndIsReadAnew() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("fraud", "1.0.0", SavedModels.mlp(model, 1), model);
    try (EmbeddedPostgres database = EmbeddedPostgres.start();
        Connection connection = database.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("CREATE TABLE payments (id BIGINT, day DATE, amount DOUBLE PRECISION)");
      sql.execute(
          "INSERT INTO payments SELECT i, DATE '2026-11-20' + i % 2, i FROM generate_series(0, 99) i");
      Path job =
          job("docs/nightly.md", "nightly-shop", database.getJdbcUrl("postgres", "postgres"));

      CommandRun first = run(job, "--date", "2026-11-21");
      sql.execute("INSERT INTO payments VALUES (101, DATE '2026-11-21', 1)");
      CommandRun again = run(job, "--date", "2026-11-21");

      assertThat(first.exitCode()).as(first.err()).isEqualTo(ExitCode.DONE);
      assertThat(first.out()).contains("published");
      assertThat(again.out())
          .contains("published", "the input does not tell whether it has changed");
      try (Stream<Path> files = Files.walk(directory.resolve("scores/dt=2026-11-21"))) {
        List<String> rows =
            files
                .filter(file -> file.getFileName().toString().startsWith("part-"))
                .flatMap(DatabaseITCase::lines)
                .toList();
        assertThat(rows).hasSize(51).allMatch(row -> row.contains("\"day\":\"2026-11-21\""));
      }
      Path refused =
          Files.writeString(
              directory.resolve("refused.yaml"),
              Files.readString(job)
                  .replaceFirst("(?m)^sink: .*", "sink: { connector: jdbc, table-name: scores }"));
      CommandRun written = run(refused, "--date", "2026-11-21");
      assertThat(written.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(written.err()).contains("refused.yaml:", "as of a database, are seen one by one");
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private Path job(String page, String name, String url) throws IOException {
    Matcher job =
        Pattern.compile("```yaml\n(name: " + name + "\n.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("..", "..").resolve(page)));
    assertThat(job.find()).as("the job in " + page).isTrue();
    return Files.writeString(
        directory.resolve("job.yaml"),
        job.group(1).replace("jdbc:postgresql://localhost:5432/shop", "'" + url + "'"));
  }

  private CommandRun run(Path job, String... more) {
    List<String> words = new ArrayList<>(List.of("run", job.toString()));
    words.addAll(List.of("--store", new Jobs(directory).store()));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  private static long count(Statement sql, String query) throws SQLException {
    try (ResultSet result = sql.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }
}
