package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.demo.Transaction.Flaw;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TransactionsTest {
  private static final int MANY = 50_000;
  private final Transactions transactions = new Transactions(7);

  @Test
  void sameSeedAndNumberGiveTheSameTransaction() {
    assertThat(new Transactions(7).at(4_711)).isEqualTo(transactions.at(4_711));
    assertThat(new Transactions(8).at(4_711)).isNotEqualTo(transactions.at(4_711));
  }

  @Test
  void threeToFiveInAHundredAreFrauds() {
    long frauds = IntStream.range(0, MANY).filter(transactions::fraudAt).count();

    assertThat(frauds / (double) MANY).isBetween(0.03, 0.05);
  }

  @Test
  void featuresStayInTheirRanges() {
    IntStream.range(0, MANY)
        .mapToObj(transactions::soundAt)
        .forEach(
            transaction -> {
              assertThat(transaction.amount()).isPositive();
              assertThat(transaction.hour()).isBetween(0, 23);
              assertThat(transaction.distanceKm()).isNotNegative().isFinite();
              assertThat(transaction.merchantRisk()).isBetween(0f, 1f);
            });
  }

  @Test
  void featuresTellFraudsFromTheRest() {
    AreaUnderCurve curve = new AreaUnderCurve();
    for (int number = 0; number < MANY; number++) {
      curve.add((float) transactions.soundAt(number).amount(), transactions.fraudAt(number));
    }

    assertThat(curve.area()).isBetween(0.6, 0.95);
  }

  @Test
  void eachFlawOccursOnceInItsInterval() {
    for (Flaw flaw : new Flaw[] {Flaw.NULL_FEATURE, Flaw.TRUNCATED, Flaw.RANDOM}) {
      assertThat(
              IntStream.range(0, 2 * Transactions.FLAW_INTERVAL)
                  .filter(number -> transactions.at(number).flaw() == flaw)
                  .count())
          .as("%s", flaw)
          .isEqualTo(2);
    }
  }

  @Test
  void flawDoesNotChangeTheLabel() {
    IntStream.range(0, Transactions.FLAW_INTERVAL)
        .filter(number -> Transactions.flawOf(number) != Flaw.NONE)
        .forEach(
            number ->
                assertThat(transactions.at(number).fraud())
                    .isEqualTo(transactions.fraudAt(number)));
  }

  @Test
  void idNamesTheNumber() {
    assertThat(transactions.at(0).id()).isEqualTo("tx-000000000");
    assertThat(transactions.at(1_234_567).id()).isEqualTo("tx-001234567");
    assertThat(Transaction.numberOf("tx-001234567")).isEqualTo(1_234_567);
  }

  @Test
  void foreignIdsHaveNoNumber() {
    assertThat(Transaction.numberOf("")).isEqualTo(-1);
    assertThat(Transaction.numberOf("tx-00000000x")).isEqualTo(-1);
    assertThat(Transaction.numberOf("ab-000000001")).isEqualTo(-1);
    assertThat(Transaction.numberOf("tx-0000000001")).isEqualTo(-1);
  }
}
