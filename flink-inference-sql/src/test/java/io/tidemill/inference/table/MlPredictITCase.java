package io.tidemill.inference.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tidemill.model.columnar.ColumnMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Statements with a real model, planned and run by Flink: one output for each input. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class MlPredictITCase {
  private static final String MANY =
      ", MAP['max-concurrent-operations', '2048', 'output-mode', 'ALLOW_UNORDERED']";
  private static final String NULL_FEATURES = "CAST(NULL AS ARRAY<FLOAT>)";

  private static Fraud fraud = new Fraud("");

  @BeforeAll
  static void publish(@TempDir Path folder) throws Exception {
    fraud = Fraud.in(folder);
  }

  private static void assertScored(Map<Long, Object> scores, int count, long badId) {
    assertThat(scores).hasSize(count);
    scores.forEach(
        (id, score) -> {
          if (id == badId) {
            assertThat(score).isEqualTo("NULL");
          } else {
            assertThat((Float) score).as("row %d", id).isCloseTo(Session.score(id), within(1e-5f));
          }
        });
  }

  @Test
  void everyRowOfAStreamHasOnePrediction() throws Exception {
    Session session = Session.streaming(fraud).model("max-size", "512", "max-delay", "5ms");

    assertScored(session.rows(20_000).scores(MANY), 20_000, -1);
  }

  @Test
  void everyRowOfABatchJobHasOnePrediction() throws Exception {
    Session session = Session.batch(fraud).model("max-size", "512", "max-delay", "5ms");

    assertScored(session.rows(20_000).scores(MANY), 20_000, -1);
  }

  @Test
  void aBadRowIsNullAmongThousandsThatAreScored() throws Exception {
    Session session = Session.streaming(fraud).model("max-size", "512", "on-error", "null");

    assertScored(session.rows(5_000, 777, NULL_FEATURES).scores(MANY), 5_000, 777);
  }

  @Test
  void aBadRowFailsTheJobWithItsNameUnlessToldOtherwise() {
    Session session = Session.streaming(fraud).model();
    session.rows(2_000, 777, "ARRAY[CAST(1 AS FLOAT), CAST(777 AS FLOAT)]");

    assertThatThrownBy(() -> session.scores(MANY))
        .hasStackTraceContaining("step 'fraud', fraud:1.0.0")
        .hasStackTraceContaining("record (features=[1.0, 777.0]): UNFIT: length of array")
        .hasStackTraceContaining("on-error is fail");
  }

  /**
   * Flink lets through what could be cast, and casts nothing: bits of other numbers would be
   * scored.
   */
  @Test
  void aColumnOfAnotherTypeThanTheModelsIsRefused() throws Exception {
    Session session = Session.streaming(fraud).model().rows(10, "ARRAY[1, 2, 3, 4] AS features");

    assertThatThrownBy(() -> session.scores(MANY))
        .hasStackTraceContaining(
            "ML_PREDICT with model 'fraud': column 1 of DESCRIPTOR is ARRAY<INT NOT NULL> NOT NULL"
                + " (expected: ARRAY<FLOAT>, as INPUT column 'features' of the model is; CAST it in the query)");
  }

  @Test
  void fewConcurrentOperationsDoNotWaitForTheDeadline() throws Exception {
    Session session = Session.streaming(fraud).model("max-size", "512", "max-delay", "2s");
    long started = System.nanoTime();

    assertScored(
        session
            .rows(400)
            .scores(", MAP['max-concurrent-operations', '4', 'output-mode', 'ORDERED']"),
        400,
        -1);

    // Of 100 batches the first waits, until it shows that no more come, and hardly another one.
    assertThat(System.nanoTime() - started).isLessThan(TimeUnit.SECONDS.toNanos(30));
  }

  @Test
  void aVersionThatIsSignedIsScoredAndAnotherKeysIsRefused(@TempDir Path folder) throws Exception {
    Path key = fraud.sign("fraud", "1.0.0", folder);
    Path other =
        Fraud.in(folder).sign("fraud", "1.0.0", Files.createDirectory(folder.resolve("other")));

    assertScored(
        Session.streaming(fraud).model("verify.keys", key.toString()).rows(100).scores(MANY),
        100,
        -1);

    Session session = Session.streaming(fraud).model("verify.keys", other.toString()).rows(1);
    assertThatThrownBy(() -> session.scores(MANY)).hasStackTraceContaining("signature");
  }

  @Test
  void endsItsThreadsAndGivesItsMemoryBack() throws Exception {
    Session session = Session.streaming(fraud).model().rows(10);

    session.scores("");

    // Flink tells the end of a job before that of its tasks.
    while (Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .anyMatch(name -> name.startsWith("fraud-0-worker") || name.equals("tidemill-deadlines"))) {
      Thread.onSpinWait();
    }
    assertThat(ColumnMemory.allocatedBytes()).isZero();
  }
}
