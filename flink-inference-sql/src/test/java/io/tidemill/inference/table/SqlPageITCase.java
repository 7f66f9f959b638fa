package io.tidemill.inference.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs each statement of docs/sql.md, in its order, and those of the README. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SqlPageITCase {
  private static final Pattern BLOCK = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);
  private static final Pattern SET = Pattern.compile("SET '(.*)' = '(.*)'");

  @TempDir private Path folder;

  private static List<String> statements(Path page) throws Exception {
    List<String> statements = new ArrayList<>();
    Matcher block = BLOCK.matcher(Files.readString(page));
    while (block.find()) {
      for (String statement : block.group(1).split(";\\s*\n")) {
        statements.add(statement.strip());
      }
    }
    return statements;
  }

  @Test
  void everyStatementOfThePageRunsAndScoresEachRowOnce() throws Exception {
    Fraud fraud = Fraud.in(folder);
    Session session = Session.streaming(fraud);
    int queries = 0;

    for (String statement : statements(Path.of("../docs/sql.md"))) {
      Matcher set = SET.matcher(statement);
      if (set.matches()) {
        // What the SQL client does with it.
        session.tables().getConfig().set(set.group(1), set.group(2));
      } else if (statement.startsWith("SELECT")) {
        queries++;
        Set<Object> ids = new HashSet<>();
        for (Row row : session.query(statement)) {
          assertThat(ids.add(row.getField(0))).isTrue();
          assertThat((Float) row.getField(1)).isBetween(0f, 1f);
        }
        assertThat(ids).as(statement).hasSize(5_000);
      } else {
        session.tables().executeSql(statement.replace("file:///models", fraud.store()));
      }
    }

    assertThat(queries).isEqualTo(2);
  }

  @Test
  void theStatementsOfTheReadmeArePlanned() throws Exception {
    Fraud fraud = Fraud.in(folder);
    Session session = Session.streaming(fraud);
    session
        .tables()
        .executeSql(
            "CREATE TABLE transactions (features ARRAY<FLOAT>) WITH ('connector' = 'datagen')");
    List<String> statements = statements(Path.of("../README.md"));

    session.tables().executeSql(statements.get(0).replace("s3://models", fraud.store()));

    assertThat(session.tables().explainSql(statements.get(1))).contains("MLPredict");
  }
}
