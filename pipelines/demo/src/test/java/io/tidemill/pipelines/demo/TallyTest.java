package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class TallyTest {
  private static final int RECORDS = 100;
  private static final int BACKLOG = 50;
  private final Transactions transactions = new Transactions(7);
  private final Ledger ledger = ledger();
  private final Tally tally = new Tally(ledger, transactions, BACKLOG);

  @Test
  void eachTransactionWithOneOutcomeIsExactlyOnce() {
    for (int number = 0; number < RECORDS; number++) {
      if (number % 10 == 0) {
        tally.deadLetter(number, "null-input");
      } else {
        predict(number, 2_000);
      }
    }

    Outcomes outcomes = tally.outcomes();

    assertThat(outcomes.predictions()).isEqualTo(90);
    assertThat(outcomes.deadLetters()).isEqualTo(Map.of("null-input", 10L));
    assertThat(outcomes.lost()).isZero();
    assertThat(outcomes.doubled()).isZero();
    assertThat(outcomes.exactlyOnce()).isTrue();
  }

  @Test
  void transactionWithoutOutcomeIsLost() {
    for (int number = 1; number < RECORDS; number++) {
      predict(number, 2_000);
    }

    assertThat(tally.outcomes().lost()).isEqualTo(1);
    assertThat(tally.outcomes().exactlyOnce()).isFalse();
  }

  @Test
  void secondPredictionIsDoubled() {
    predict(3, 2_000);
    predict(3, 2_001);
    predict(3, 2_002);

    assertThat(tally.outcomes().doubled()).isEqualTo(2);
    assertThat(tally.outcomes().exactlyOnce()).isFalse();
    assertThat(tally.withOutcome()).isEqualTo(1);
  }

  @Test
  void predictionBesideDeadLetterIsDoubled() {
    tally.deadLetter(3, "EOFException");
    predict(3, 2_000);

    assertThat(tally.outcomes().doubled()).isEqualTo(1);
  }

  @Test
  void outcomeOfNoTransactionIsStrange() {
    predict(-1, 2_000);
    predict(RECORDS, 2_000);
    tally.deadLetter(-1, "EOFException");

    assertThat(tally.outcomes().unknownOrigin()).isEqualTo(3);
    assertThat(tally.outcomes().exactlyOnce()).isFalse();
  }

  @Test
  void predictionWithoutItsModelIsCounted() {
    tally.prediction(1, 0.5f, 2_000, false);
    tally.prediction(2, 0.5f, 2_000, true);

    assertThat(tally.outcomes().withoutModel()).isEqualTo(1);
  }

  @Test
  void latencyRunsFromEachSteadyTransactionsOwnAppend() {
    for (int number = 0; number < RECORDS; number++) {
      int millis = number < BACKLOG ? 60_000 : number - BACKLOG + 1;
      predict(number, ledger.appendMillis(number) + millis);
    }

    assertThat(tally.outcomes().p50Millis()).isEqualTo(25);
    assertThat(tally.outcomes().p99Millis()).isEqualTo(50);
  }

  @Test
  void speedIsThatOfTheBacklog() {
    for (int number = 0; number < RECORDS; number++) {
      predict(number, number == 0 ? 2_500 : number < BACKLOG ? 4_500 : 90_000);
    }

    assertThat(tally.outcomes().recordsPerSecond()).isEqualTo(25);
  }

  @Test
  void qualityComparesScoresWithLabels() {
    for (int number = 0; number < RECORDS; number++) {
      tally.prediction(number, transactions.fraudAt(number) ? 0.9f : 0.1f, 2_000, true);
    }

    assertThat(tally.outcomes().auc()).isEqualTo(1);
  }

  @Test
  void nothingReadMeansNothingMeasured() {
    Outcomes outcomes = tally.outcomes();

    assertThat(outcomes.lost()).isEqualTo(RECORDS);
    assertThat(outcomes.p50Millis()).isNaN();
    assertThat(outcomes.recordsPerSecond()).isNaN();
    assertThat(outcomes.auc()).isNaN();
  }

  private void predict(int number, long appendMillis) {
    tally.prediction(number, 0.5f, appendMillis, true);
  }

  private static Ledger ledger() {
    Ledger ledger = new Ledger(RECORDS, 1);
    for (int number = 0; number < RECORDS; number++) {
      ledger.appended(number, 0, number, 1_000 + number);
    }
    return ledger;
  }
}
