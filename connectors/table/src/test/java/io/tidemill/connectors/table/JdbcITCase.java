package io.tidemill.connectors.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Flink's connector for databases against a real PostgreSQL. */
class JdbcITCase {
  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(2)
              .build());

  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(
          List.of(
              new RecordSchema.Column("id", "BIGINT"),
              new RecordSchema.Column("amount", "DOUBLE"),
              new RecordSchema.Column("price", "DECIMAL(10, 2)"),
              new RecordSchema.Column("country", "STRING"),
              new RecordSchema.Column("at", "TIMESTAMP(6)"),
              new RecordSchema.Column("good", "BOOLEAN")));
  private static final int ROWS = 1_000;

  private static EmbeddedPostgres database;

  @BeforeAll
  static void start() throws IOException {
    database = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    database.close();
  }

  @BeforeEach
  void fill() throws SQLException {
    String columns =
        "(id BIGINT %s, amount DOUBLE PRECISION, price NUMERIC(10, 2), country TEXT, at TIMESTAMP(6),"
            + " good BOOLEAN)";
    execute(
        "DROP TABLE IF EXISTS payments, scores, copies",
        "CREATE TABLE payments " + columns.formatted(""),
        "CREATE TABLE scores " + columns.formatted("PRIMARY KEY"),
        "CREATE TABLE copies " + columns.formatted(""),
        "INSERT INTO payments SELECT i, i / 4.0, i + 0.25, CASE WHEN i % 7 > 0 THEN 'c' || i END,"
            + " TIMESTAMP '2026-11-21 01:02:03.456789' + i * INTERVAL '1 second', i % 2 = 0"
            + " FROM generate_series(1, "
            + ROWS
            + ") i");
  }

  @Test
  void rowsAreReadInPartsAndWrittenByTheirKey() throws Exception {
    copy("scores", List.of("id"));

    assertThat(rows("scores")).hasSize(ROWS).isEqualTo(rows("payments"));
  }

  @Test
  void rowsThatAreWrittenAgainByTheirKeyAreChanged() throws Exception {
    copy("scores", List.of("id"));
    execute("UPDATE payments SET amount = -amount WHERE id <= 10");

    copy("scores", List.of("id"));

    assertThat(rows("scores")).hasSize(ROWS).isEqualTo(rows("payments"));
    assertThat(rows("scores").get(0)).startsWith("1|-0.25|1.25|c1|2026-11-21 01:02:04.456789|f");
  }

  @Test
  void rowsThatAreWrittenAgainWithoutKeyAreDoubled() throws Exception {
    copy("copies", List.of());
    copy("copies", List.of());

    assertThat(rows("copies")).hasSize(2 * ROWS);
  }

  /** Its TaskManager ended with it, and the job waited for another one. */
  @Test
  @Timeout(60)
  void jobThatTheDatabaseRefusesFailsAndSaysWhy() throws Exception {
    execute("ALTER TABLE scores ADD CHECK (amount < 100)");

    assertThatThrownBy(() -> copy("scores", List.of("id")))
        .hasStackTraceContaining("violates check constraint \"scores_amount_check\"");
  }

  @Test
  void databaseIsReadInModeBatchOnly() {
    RecordSource source = source();

    assertThat(source.bounded()).isTrue();
    assertThat(source.problemsWith(checkpoints(true))).isEmpty();
    assertThat(source.problemsWith(checkpoints(false)))
        .singleElement()
        .hasToString(
            "job.yaml: source: connector: 'jdbc' in mode streaming (expected: mode batch; a job that"
                + " failed would read it from its beginning and write every record again)");
  }

  @Test
  void rowsOfAPartitionAreThoseThatTheDatabaseFinds() throws Exception {
    execute(
        "DROP TABLE IF EXISTS regions",
        "CREATE TABLE regions (id BIGINT, region CHAR(5), day DATE)",
        "INSERT INTO regions VALUES (1, 'eu', '2026-11-21'), (2, 'us', '2026-11-21'),"
            + " (3, 'eu', '2026-11-22')");
    RecordSchema schema =
        RecordSchema.ofColumns(
            List.of(
                new RecordSchema.Column("id", "BIGINT"),
                new RecordSchema.Column("region", "STRING"),
                new RecordSchema.Column("day", "DATE")));
    ConnectorOptions options =
        options("source", "regions", Map.of("partition", "day=2026-11-21/region=eu"));
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setRuntimeMode(RuntimeExecutionMode.BATCH);

    try (CloseableIterator<RowData> rows =
        new TableConnector()
            .source(new SourceSpec(options, schema, false))
            .attach(environment, "source")
            .records()
            .executeAndCollect()) {
      assertThat(rows).toIterable().singleElement().matches(row -> row.getLong(0) == 1);
    }
  }

  @Test
  void keyIsSaidWithTheGuarantee() {
    assertThat(sink("scores", List.of("id")).guarantee())
        .isEqualTo(
            "that of Flink's connector 'jdbc', by the key id; tombstones are not written, and"
                + " counted");
  }

  @Test
  void keyOfOtherColumnsIsRefused() {
    assertThatThrownBy(() -> sink("scores", List.of("idd", "id", "id")))
        .hasMessageContaining(
            "job.yaml: sink: primary-key: 'idd' (expected: one of id, amount, price, country, at,"
                + " good)")
        .hasMessageContaining("primary-key: 'id' is there twice (expected: each column once)");
  }

  @Test
  void urlOfADatabaseWithoutItsJarIsRefusedWithoutItsPassword() {
    ConnectorOptions options =
        new ConnectorOptions(
            "job.yaml: source",
            Map.of(
                "connector", "jdbc",
                "url", "jdbc:mysql://db/shop?user=me&password=hunter2",
                "table-name", "payments"));

    assertThatThrownBy(() -> new TableConnector().source(new SourceSpec(options, SCHEMA, false)))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageStartingWith("job.yaml: source: connector: 'jdbc': Could not find any jdbc")
        .hasMessageContaining("jdbc:mysql://db/shop")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void foldersOfADatabaseAreRefused() {
    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(
                        new SourceSpec(
                            options("source", "payments", Map.of()),
                            SCHEMA,
                            new TableKeys(List.of(), List.of("country"), false),
                            false)))
        .hasMessage(
            "job.yaml: source: partitioned-by: not taken by 'jdbc' (expected: a connector of files,"
                + " such as filesystem)");
  }

  private static CheckpointPlan checkpoints(boolean batch) {
    return new CheckpointPlan(Optional.of(Duration.ofSeconds(10)), Duration.ofMinutes(1), batch);
  }

  private static void copy(String table, List<String> primaryKey) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    configuration.set(
        RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(1));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setRuntimeMode(RuntimeExecutionMode.BATCH);
    environment.setParallelism(2);
    sink(table, primaryKey).attach(source().attach(environment, "source").records(), "sink");
    environment.execute();
  }

  private static RecordSource source() {
    return new TableConnector()
        .source(
            new SourceSpec(
                options(
                    "source",
                    "payments",
                    Map.of(
                        "scan.partition.column", "id",
                        "scan.partition.num", "4",
                        "scan.partition.lower-bound", "1",
                        "scan.partition.upper-bound", String.valueOf(ROWS),
                        "scan.fetch-size", "100",
                        "scan.auto-commit", "false")),
                SCHEMA,
                false));
  }

  private static RecordSink sink(String table, List<String> primaryKey) {
    return new TableConnector()
        .sink(
            new SinkSpec(
                options("sink", table, Map.of()),
                SCHEMA,
                new TableKeys(primaryKey, List.of(), false),
                Origin.appendTo(SCHEMA.rowType()),
                options("source", "payments", Map.of()),
                "job",
                List.of()));
  }

  private static ConnectorOptions options(String place, String table, Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.put("connector", "jdbc");
    options.put("url", database.getJdbcUrl("postgres", "postgres"));
    options.put("table-name", table);
    return new ConnectorOptions("job.yaml: " + place, options);
  }

  private static void execute(String... statements) throws SQLException {
    try (Connection connection = database.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** The rows of a table in the order of their ids, as the database prints them. */
  private static List<String> rows(String table) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = database.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT * FROM " + table + " ORDER BY id")) {
      while (result.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          values.add(result.getString(i));
        }
        rows.add(String.join("|", values));
      }
    }
    return rows;
  }
}
