package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the job of connectors/README that reads and writes a database. */
class DatabaseITCase {
  private static final Pattern JOB =
      Pattern.compile("```yaml\n(name: nightly-scores\n.*?)```", Pattern.DOTALL);
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
      Path job = job(database.getJdbcUrl("postgres", "postgres"));

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

  private Path job(String url) throws IOException {
    Matcher job = JOB.matcher(Files.readString(Path.of("..", "..", "connectors", "README.md")));
    assertThat(job.find()).as("the job in connectors/README.md").isTrue();
    return Files.writeString(
        directory.resolve("job.yaml"),
        job.group(1).replace("jdbc:postgresql://localhost:5432/shop", "'" + url + "'"));
  }

  private CommandRun run(Path job) {
    return CommandRun.of("run", job.toString(), "--store", new Jobs(directory).store());
  }

  private static long count(Statement sql, String query) throws SQLException {
    try (ResultSet result = sql.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }
}
