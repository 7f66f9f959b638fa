package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LedgerTest {
  @Test
  void findsTransactionByItsPlace() {
    Ledger ledger = new Ledger(3, 2);

    ledger.appended(0, 1, 0, 100);
    ledger.appended(1, 0, 0, 101);
    ledger.appended(2, 1, 1, 102);

    assertThat(ledger.numberAt(1, 0)).isZero();
    assertThat(ledger.numberAt(0, 0)).isEqualTo(1);
    assertThat(ledger.numberAt(1, 1)).isEqualTo(2);
    assertThat(ledger.appendMillis(2)).isEqualTo(102);
  }

  @Test
  void placeWithoutTransactionHasNone() {
    Ledger ledger = new Ledger(3, 2);

    assertThat(ledger.numberAt(0, 0)).isEqualTo(-1);
    assertThat(ledger.numberAt(0, 1_000)).isEqualTo(-1);
    assertThat(ledger.numberAt(0, -1)).isEqualTo(-1);
    assertThat(ledger.numberAt(2, 0)).isEqualTo(-1);
    assertThat(ledger.numberAt(-1, 0)).isEqualTo(-1);
  }

  @Test
  void allRecordsFitIntoOnePartition() {
    Ledger ledger = new Ledger(1_000, 8);

    for (int number = 0; number < 1_000; number++) {
      ledger.appended(number, 3, number, number);
    }

    assertThat(ledger.numberAt(3, 999)).isEqualTo(999);
    assertThat(ledger.numberAt(3, 1_000)).isEqualTo(-1);
  }
}
