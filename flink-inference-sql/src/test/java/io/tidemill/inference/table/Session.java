package io.tidemill.inference.table;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * SQL as a user writes it, on an embedded cluster of this process.
 *
 * @param fraud the store that its models are in
 */
record Session(TableEnvironment tables, Fraud fraud) {
  static final String MODEL =
      """
      CREATE MODEL fraud
      INPUT (features ARRAY<FLOAT>) OUTPUT (score FLOAT)
      WITH ('provider' = 'tidemill', 'model' = 'fraud@production', 'device' = 'cpu',
            'store' = '%s'%s)
      """;

  /** A column that follows from {@code id}. */
  static final String FEATURES =
      "ARRAY[CAST(id AS FLOAT) / 1000, CAST(1 AS FLOAT), CAST(2 AS FLOAT), CAST(id AS FLOAT) / 2000]"
          + " AS features";

  static Session streaming(Fraud fraud) {
    return of(EnvironmentSettings.newInstance().inStreamingMode(), fraud);
  }

  static Session batch(Fraud fraud) {
    return of(EnvironmentSettings.newInstance().inBatchMode(), fraud);
  }

  private static Session of(EnvironmentSettings.Builder settings, Fraud fraud) {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "1");
    configuration.setString("restart-strategy.type", "none");
    return new Session(
        TableEnvironment.create(settings.withConfiguration(configuration).build()), fraud);
  }

  /** Makes the model with these options beside. */
  Session model(String... options) {
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < options.length; i += 2) {
      more.append(", '%s' = '%s'".formatted(options[i], options[i + 1]));
    }
    tables.executeSql(MODEL.formatted(fraud.store(), more));
    return this;
  }

  /**
   * Makes a view {@code t} of this many rows with the column {@code id} from 0 on.
   *
   * @param columns beside, as SQL that may name {@code id}
   */
  Session rows(int count, String columns) {
    tables.executeSql(
        """
        CREATE TEMPORARY TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '%d',
          'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '%d')
        """
            .formatted(count, count - 1));
    tables.executeSql("CREATE TEMPORARY VIEW t AS SELECT id, " + columns + " FROM ids");
    return this;
  }

  /** Rows with features that follow from their id. */
  Session rows(int count) {
    return rows(count, FEATURES);
  }

  /** The same, of which one has others. */
  Session rows(int count, int badId, String bad) {
    return rows(
        count,
        "CASE WHEN id = %d THEN %s ELSE %s END AS features"
            .formatted(badId, bad, FEATURES.replace(" AS features", "")));
  }

  static float score(long id) {
    return Fraud.score(id / 1000f, 1, 2, id / 2000f);
  }

  List<Row> query(String sql) throws Exception {
    List<Row> rows = new ArrayList<>();
    TableResult result = tables.executeSql(sql);
    try (CloseableIterator<Row> all = result.collect()) {
      all.forEachRemaining(rows::add);
    }
    return rows;
  }

  /** The scores by id, of a query with both; each id once. */
  Map<Long, Object> scores(String options) throws Exception {
    Map<Long, Object> scores = new HashMap<>();
    for (Row row :
        query(
            "SELECT id, score FROM ML_PREDICT(TABLE t, MODEL fraud, DESCRIPTOR(features)%s)"
                .formatted(options))) {
      Object score = row.getField("score");
      if (scores.put((Long) row.getFieldAs("id"), score == null ? "NULL" : score) != null) {
        throw new AssertionError("twice: " + row);
      }
    }
    return scores;
  }
}
