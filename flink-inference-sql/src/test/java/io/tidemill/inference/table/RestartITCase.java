package io.tidemill.inference.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.flink.table.functions.ScalarFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job that fails once and goes on from its checkpoint. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class RestartITCase {
  private static final int ROWS = 10_000;
  private static volatile Path checkpoints = Path.of("");

  /** Fails once behind the model, when a checkpoint has been. */
  public static final class Once extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    static final AtomicBoolean FAILED = new AtomicBoolean();
    static final AtomicBoolean BEGAN_ANEW = new AtomicBoolean();

    public Long eval(Long id) throws IOException {
      if (FAILED.get()) {
        BEGAN_ANEW.compareAndSet(false, id == 0);
      } else if (id > 0 && id % 100 == 0 && isChecked() && FAILED.compareAndSet(false, true)) {
        throw new IllegalStateException("once");
      }
      return id;
    }

    private static boolean isChecked() throws IOException {
      try (Stream<Path> files = Files.walk(checkpoints)) {
        return files.anyMatch(file -> file.endsWith("_metadata"));
      }
    }
  }

  @Test
  void everyRowHasOnePredictionInWhatIsCommitted(@TempDir Path folder) throws Exception {
    Session session = Session.streaming(Fraud.in(folder)).model("max-size", "64");
    session.tables().getConfig().set("execution.checkpointing.interval", "200 ms");
    checkpoints = Files.createDirectories(folder.resolve("checkpoints"));
    session.tables().getConfig().set("execution.checkpointing.dir", checkpoints.toUri().toString());
    session.tables().getConfig().set("restart-strategy.type", "fixed-delay");
    session.tables().getConfig().set("restart-strategy.fixed-delay.delay", "10 ms");
    session.tables().createTemporarySystemFunction("once", Once.class);
    session
        .tables()
        .executeSql(
            """
            CREATE TEMPORARY TABLE ids (id BIGINT) WITH ('connector' = 'datagen',
              'rows-per-second' = '2000',
              'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '%d')
            """
                .formatted(ROWS - 1));
    session
        .tables()
        .executeSql("CREATE TEMPORARY VIEW t AS SELECT id, " + Session.FEATURES + " FROM ids");
    Path out = folder.resolve("out");
    session
        .tables()
        .executeSql(
            "CREATE TABLE scores (id BIGINT, score FLOAT) WITH ('connector' = 'filesystem',"
                + " 'path' = '%s', 'format' = 'csv')".formatted(out.toUri()));

    session
        .tables()
        .executeSql(
            """
            INSERT INTO scores SELECT once(id), score FROM ML_PREDICT(
              TABLE t, MODEL fraud, DESCRIPTOR(features), MAP['max-concurrent-operations', '500'])
            """)
        .await();

    assertThat(Once.FAILED).isTrue();
    assertThat(Once.BEGAN_ANEW).isFalse();
    Map<Long, Float> scores = new HashMap<>();
    for (Path file : committed(out)) {
      for (String line : Files.readAllLines(file)) {
        String[] fields = line.split(",");
        assertThat(scores.put(Long.valueOf(fields[0]), Float.valueOf(fields[1]))).isNull();
      }
    }
    assertThat(scores).hasSize(ROWS);
    scores.forEach((id, score) -> assertThat(score).isCloseTo(Session.score(id), within(1e-5f)));
  }

  private static List<Path> committed(Path folder) throws Exception {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .toList();
    }
  }
}
