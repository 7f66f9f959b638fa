package io.tidemill.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatcherTest {
  private static final long MAX_DELAY = 1_000;
  private static final BatchPolicy POLICY = new BatchPolicy(3, 100, Duration.ofNanos(MAX_DELAY), 2);

  private final Batcher<String, String> batcher = new Batcher<>(POLICY);

  private void add(String record, long bytes, long nowNanos) {
    batcher.add(record, Batch.NO_TIMESTAMP, bytes, nowNanos);
  }

  @Test
  void closesAtMaxSize() {
    add("a", 1, 0);
    add("b", 1, 0);
    assertThat(batcher.due(0)).isNull();
    assertThat(batcher.isFull()).isFalse();

    add("c", 1, 0);

    assertThat(batcher.due(0)).isEqualTo(CloseCause.SIZE);
    assertThat(batcher.isFull()).isTrue();
    assertThat(batcher.fits(1)).isFalse();
  }

  @Test
  void closesAtMaxBytes() {
    add("a", 60, 0);
    assertThat(batcher.due(0)).isNull();

    add("b", 40, 0);

    assertThat(batcher.due(0)).isEqualTo(CloseCause.BYTES);
    assertThat(batcher.isFull()).isTrue();
    assertThat(batcher.fits(0)).isTrue();
    assertThat(batcher.fits(1)).isFalse();
  }

  @Test
  void takesNoRecordThatWouldPassMaxBytes() {
    add("a", 60, 0);

    assertThat(batcher.fits(40)).isTrue();
    assertThat(batcher.fits(41)).isFalse();
    assertThat(batcher.isFull()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(() -> add("b", 41, 0))
        .withMessage(
            "record of 41 bytes in a batch of 1 records, 60 bytes"
                + " (expected: one that fits max-size 3, max-bytes 100)");
  }

  @Test
  void refusesRecordLargerThanMaxBytes() {
    assertThat(batcher.admits(100)).isTrue();
    assertThat(batcher.fits(100)).isTrue();
    assertThat(batcher.admits(101)).isFalse();
    assertThat(batcher.fits(101)).isFalse();
  }

  @Test
  void admitsEveryRecordWhereBytesAreUnlimited() {
    Batcher<String, String> unlimited =
        new Batcher<>(
            new BatchPolicy(3, BatchPolicy.UNLIMITED_BYTES, Duration.ofNanos(MAX_DELAY), 2));
    unlimited.add("a", 0, Long.MAX_VALUE - 1, 0);

    assertThat(unlimited.admits(Long.MAX_VALUE)).isTrue();
    assertThat(unlimited.fits(1)).isTrue();
    assertThat(unlimited.fits(2)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 1_000_000, Long.MAX_VALUE - 500, Long.MIN_VALUE})
  void closesAtDeadlineOfFirstRecord(long origin) {
    add("a", 1, origin);
    add("b", 1, origin + 900);

    assertThat(batcher.nanosUntilDeadline(origin)).isEqualTo(MAX_DELAY);
    assertThat(batcher.nanosUntilDeadline(origin + 900)).isEqualTo(100);
    assertThat(batcher.due(origin + 999)).isNull();
    assertThat(batcher.nanosUntilDeadline(origin + 999)).isEqualTo(1);
    assertThat(batcher.due(origin + 1_000)).isEqualTo(CloseCause.DEADLINE);
    assertThat(batcher.nanosUntilDeadline(origin + 1_000)).isZero();
    assertThat(batcher.due(origin + 1_001)).isEqualTo(CloseCause.DEADLINE);
    assertThat(batcher.nanosUntilDeadline(origin + 5_000)).isZero();
  }

  @Test
  void nextBatchHasItsOwnDeadline() {
    add("a", 1, 0);
    batcher.close(CloseCause.DEADLINE, 1_000);
    add("b", 1, 1_500);

    assertThat(batcher.due(2_499)).isNull();
    assertThat(batcher.due(2_500)).isEqualTo(CloseCause.DEADLINE);
  }

  @Test
  void refilledBatchHasItsOwnDeadline() {
    add("a", 1, 0);
    Batch<String, String> first = batcher.close(CloseCause.DEADLINE, 1_000);
    batcher.recycle(first);
    add("b", 1, 1_500);
    batcher.close(CloseCause.END_OF_INPUT, 1_600);
    add("c", 1, 2_000);

    assertThat(batcher.open()).isSameAs(first);
    assertThat(batcher.due(2_999)).isNull();
    assertThat(batcher.due(3_000)).isEqualTo(CloseCause.DEADLINE);
  }

  @Test
  void overdueBatchGrowsUpToItsLimitsWhileNoSlotIsFree() {
    add("a", 1, 0);
    assertThat(batcher.due(1_000)).isEqualTo(CloseCause.DEADLINE);

    assertThat(batcher.fits(1)).isTrue();
    add("b", 1, 1_700);
    assertThat(batcher.due(1_700)).isEqualTo(CloseCause.DEADLINE);
    add("c", 1, 1_800);

    assertThat(batcher.due(1_800)).isEqualTo(CloseCause.SIZE);
    assertThat(batcher.fits(1)).isFalse();
  }

  @Test
  void zeroDelayIsDueWithTheFirstRecord() {
    Batcher<String, String> eager = new Batcher<>(new BatchPolicy(3, 100, Duration.ZERO, 2));

    assertThat(eager.due(0)).isNull();
    eager.add("a", 0, 1, 0);

    assertThat(eager.due(0)).isEqualTo(CloseCause.DEADLINE);
  }

  @Test
  void emptyBatchIsNeverDue() {
    assertThat(batcher.isEmpty()).isTrue();
    assertThat(batcher.due(Long.MAX_VALUE)).isNull();
    assertThat(batcher.isFull()).isFalse();
    assertThat(batcher.fullCause()).isNull();
  }

  @Test
  void emptyBatchHasNoDeadlineNoMarkAndNoClose() {
    assertThatIllegalStateException()
        .isThrownBy(() -> batcher.nanosUntilDeadline(0))
        .withMessage("open batch: empty (expected: one with a deadline)");
    assertThatIllegalStateException()
        .isThrownBy(() -> batcher.mark(new Tick(1)))
        .withMessage("open batch: empty (expected: one with records to wait for)");
    assertThatIllegalStateException()
        .isThrownBy(() -> batcher.close(CloseCause.END_OF_INPUT, 0))
        .withMessage("open batch: empty (expected: one with records to close)");
  }

  @Test
  void closedBatchSaysWhyAndWhen() {
    add("a", 10, 70);
    add("b", 20, 90);
    assertThat(batcher.open().closeCause()).isNull();

    Batch<String, String> closed = batcher.close(CloseCause.END_OF_INPUT, 100);

    assertThat(closed.closeCause()).isEqualTo(CloseCause.END_OF_INPUT);
    assertThat(closed.openedNanos()).isEqualTo(70);
    assertThat(closed.closedNanos()).isEqualTo(100);
    assertThat(closed.size()).isEqualTo(2);
    assertThat(closed.bytes()).isEqualTo(30);
    assertThat(batcher.isEmpty()).isTrue();
    assertThat(batcher.open()).isNotSameAs(closed);
  }

  @Test
  void numbersBatchesFromOneAlsoWhenRefilled() {
    add("a", 1, 0);
    Batch<String, String> first = batcher.close(CloseCause.SIZE, 0);
    assertThat(first.number()).isEqualTo(1);
    batcher.recycle(first);
    add("b", 1, 0);
    assertThat(batcher.close(CloseCause.SIZE, 0).number()).isEqualTo(2);
    add("c", 1, 0);
    assertThat(batcher.open().number()).isEqualTo(3);
  }

  @Test
  void closesAtTheLoweredSizeLimit() {
    batcher.sizeLimit(2);
    add("a", 1, 0);
    assertThat(batcher.due(0)).isNull();
    add("b", 1, 0);

    assertThat(batcher.due(0)).isEqualTo(CloseCause.SIZE);
    assertThat(batcher.fits(1)).isFalse();

    batcher.sizeLimit(3);
    assertThat(batcher.sizeLimit()).isEqualTo(3);
    assertThat(batcher.due(0)).isNull();
    assertThat(batcher.fits(1)).isTrue();
  }

  @Test
  void openBatchAboveALoweredLimitIsFull() {
    add("a", 1, 0);
    add("b", 1, 0);

    batcher.sizeLimit(1);

    assertThat(batcher.isFull()).isTrue();
    assertThat(batcher.fullCause()).isEqualTo(CloseCause.SIZE);
    assertThat(batcher.fits(0)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 4})
  void refusesSizeLimitOutsideMaxSize(int limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> batcher.sizeLimit(limit))
        .withMessage("size limit: " + limit + " (expected: 1 to 3)");
    assertThat(batcher.sizeLimit()).isEqualTo(3);
  }

  @Test
  void keepsEveryRecordOfALargeBatchInItsRow() {
    int size = 1_000;
    Batcher<String, String> large =
        new Batcher<>(new BatchPolicy(size, size, Duration.ofNanos(MAX_DELAY), 2));
    for (int i = 0; i < size; i++) {
      assertThat(large.fits(1)).isTrue();
      large.add("record " + i, 10L * i, 1, 0);
    }

    Batch<String, String> closed = large.close(CloseCause.SIZE, 0);

    assertThat(closed.size()).isEqualTo(size);
    for (int row = 0; row < size; row++) {
      assertThat(closed.record(row)).isEqualTo("record " + row);
      assertThat(closed.timestamp(row)).isEqualTo(10L * row);
      assertThat(closed.hasOutcome(row)).isFalse();
      closed.outcome(row, "outcome " + row);
      assertThat(closed.outcome(row)).isEqualTo("outcome " + row);
    }
  }

  @Test
  void pooledBatchKeepsNoRecordAndNoOutcomeAlive() {
    add("a", 10, 0);
    add("b", 10, 0);
    Batch<String, String> batch = batcher.close(CloseCause.DEADLINE, 1_000);
    batch.mark(new Tick(1));
    batch.outcome(0, "A");
    batch.outcome(1, "B");

    batcher.recycle(batch);

    assertThat(batch.size()).isZero();
    assertThat(batch.bytes()).isZero();
    assertThat(batch.closeCause()).isNull();
    assertThat(batch.hasMarksLeft()).isFalse();
    for (int row = 0; row < 2; row++) {
      int cleared = row;
      assertThat(batch.hasOutcome(row)).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(() -> batch.record(cleared))
          .withMessage("row of batch: " + row + " (expected: one that was set)");
      assertThatIllegalStateException().isThrownBy(() -> batch.outcome(cleared));
    }
  }
}
