package io.tidemill.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private static final int SLOTS = 3;

  private final EmittedLog log = new EmittedLog();
  private final InFlight<String, String> ordered = new InFlight<>(SLOTS, InFlight.Order.ORDERED);
  private final InFlight<String, String> unordered =
      new InFlight<>(SLOTS, InFlight.Order.UNORDERED);

  /** A closed batch; {@code "|5"} among the records is a mark. */
  private static Batch<String, String> batch(long number, String... content) {
    Batch<String, String> batch = new Batch<>(8);
    batch.open(number, 0);
    for (String part : content) {
      if (part.startsWith("|")) {
        batch.mark(new Tick(Long.parseLong(part.substring(1))));
      } else {
        batch.add(part, Batch.NO_TIMESTAMP, 1);
      }
    }
    batch.close(CloseCause.SIZE, 0);
    return batch;
  }

  private static Batch<String, String> added(
      InFlight<String, String> inFlight, long number, String... content) {
    Batch<String, String> batch = batch(number, content);
    inFlight.add(batch);
    return batch;
  }

  private List<String> complete(InFlight<String, String> inFlight, Batch<String, String> batch) {
    inFlight.complete(batch);
    inFlight.drain(log);
    return log.take();
  }

  @Test
  void orderedBatchesLeaveAsTheyClosedThoughTheyCompleteInReverse() {
    Batch<String, String> first = added(ordered, 1, "a", "b");
    Batch<String, String> second = added(ordered, 2, "c");
    Batch<String, String> third = added(ordered, 3, "d");

    assertThat(complete(ordered, third)).isEmpty();
    assertThat(complete(ordered, second)).isEmpty();
    assertThat(complete(ordered, first))
        .containsExactly("a", "b", "left 1", "c", "left 2", "d", "left 3");
    assertThat(ordered.isEmpty()).isTrue();
  }

  @Test
  void orderedMarksLeaveAtTheirPlace() {
    Batch<String, String> first = added(ordered, 1, "a", "|1", "b", "c", "|2");
    Batch<String, String> second = added(ordered, 2, "d", "|3");

    assertThat(complete(ordered, second)).isEmpty();
    assertThat(complete(ordered, first))
        .containsExactly("a", "|1", "b", "c", "|2", "left 1", "d", "|3", "left 2");
  }

  @Test
  void nothingLeavesUntilABatchIsComplete() {
    added(ordered, 1, "a", "|1");
    added(unordered, 1, "a", "|1");

    ordered.drain(log);
    unordered.drain(log);

    assertThat(log.take()).isEmpty();
    assertThat(ordered.size()).isEqualTo(1);
    assertThat(unordered.size()).isEqualTo(1);
  }

  @Test
  void unorderedBatchesLeaveAsTheyComplete() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b");
    Batch<String, String> third = added(unordered, 3, "c");

    assertThat(complete(unordered, third)).containsExactly("c", "left 3");
    assertThat(complete(unordered, first)).containsExactly("a", "left 1");
    assertThat(complete(unordered, second)).containsExactly("b", "left 2");
  }

  @Test
  void noRecordOvertakesAMark() {
    Batch<String, String> first = added(unordered, 1, "a", "|1");
    Batch<String, String> second = added(unordered, 2, "b");

    assertThat(complete(unordered, second)).isEmpty();
    assertThat(complete(unordered, first)).containsExactly("a", "|1", "left 1", "b", "left 2");
  }

  @Test
  void noMarkOvertakesARecordOfAnEarlierBatch() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b", "c", "|1", "d");

    assertThat(complete(unordered, second)).containsExactly("b", "c");
    assertThat(second.firstLeft()).isEqualTo(2);
    assertThat(unordered.size()).isEqualTo(2);
    assertThat(complete(unordered, first)).containsExactly("a", "left 1", "|1", "d", "left 2");
  }

  @Test
  void batchThatLeftInPartHoldsBackThoseBehindIt() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b", "|1");
    Batch<String, String> third = added(unordered, 3, "c");

    assertThat(complete(unordered, second)).containsExactly("b");
    assertThat(complete(unordered, third)).isEmpty();
    assertThat(complete(unordered, first))
        .containsExactly("a", "left 1", "|1", "left 2", "c", "left 3");
  }

  @Test
  void severalMarksInsideABatchLeaveAtTheirPlaces() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b", "|1", "c", "|2", "d");

    assertThat(complete(unordered, second)).containsExactly("b");
    assertThat(complete(unordered, first))
        .containsExactly("a", "left 1", "|1", "c", "|2", "d", "left 2");
  }

  @Test
  void manyMarksKeepTheirPlaces() {
    List<String> content = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      content.add("record " + i);
      content.add("|" + i);
    }
    Batch<String, String> only = added(ordered, 1, content.toArray(String[]::new));

    content.add("left 1");
    assertThat(complete(ordered, only)).isEqualTo(content);
  }

  @Test
  void markBehindTheLastBatchWaitsForEveryBatchBefore() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b");
    unordered.mark(new Tick(1));

    assertThat(complete(unordered, second)).containsExactly("b");
    assertThat(complete(unordered, first)).containsExactly("a", "left 1", "|1", "left 2");
  }

  @Test
  void markWaitsForTheBatchesThatAreLeft() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b");
    assertThat(complete(unordered, second)).containsExactly("b", "left 2");
    unordered.mark(new Tick(1));
    Batch<String, String> third = added(unordered, 3, "c");

    assertThat(complete(unordered, third)).isEmpty();
    assertThat(complete(unordered, first)).containsExactly("a", "|1", "left 1", "c", "left 3");
  }

  @Test
  void markBehindABatchThatLeftInPartStaysBehindItsRecords() {
    Batch<String, String> first = added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b", "|1", "c");
    assertThat(complete(unordered, second)).containsExactly("b");
    unordered.mark(new Tick(2));

    assertThat(complete(unordered, first))
        .containsExactly("a", "left 1", "|1", "c", "|2", "left 2");
  }

  @Test
  void laterMarkSupersedesAnEarlierOneAtTheSamePlaceOnly() {
    Batch<String, String> only = added(ordered, 1, "a", "|1", "|2", "b", "|3");
    ordered.mark(new Tick(4));

    assertThat(complete(ordered, only)).containsExactly("a", "|2", "b", "|4", "left 1");
  }

  @Test
  void markThatDoesNotSupersedeStandsBehindTheOther() {
    Batch<String, String> only = added(ordered, 1, "a", "|5", "|3");

    assertThat(complete(ordered, only)).containsExactly("a", "|5", "|3", "left 1");
  }

  @Test
  void partlyEmittedBatchIsNotEmittedAgain() {
    added(unordered, 1, "a");
    Batch<String, String> second = added(unordered, 2, "b", "|1", "c");

    assertThat(complete(unordered, second)).containsExactly("b");
    unordered.drain(log);
    assertThat(log.take()).isEmpty();
  }

  @Test
  void slotIsTakenUntilItsBatchHasWhollyLeft() {
    InFlight<String, String> two = new InFlight<>(2, InFlight.Order.UNORDERED);
    Batch<String, String> first = added(two, 1, "a");
    assertThat(two.hasFreeSlot()).isTrue();
    Batch<String, String> second = added(two, 2, "b", "|1");
    assertThat(two.hasFreeSlot()).isFalse();

    assertThat(complete(two, second)).containsExactly("b");
    assertThat(two.hasFreeSlot()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(() -> two.add(batch(3, "c")))
        .withMessage("batches in flight: 2 (expected: < 2)");

    assertThat(complete(two, first)).containsExactly("a", "left 1", "|1", "left 2");
    assertThat(two.hasFreeSlot()).isTrue();
  }

  @Test
  void refusesAMarkThatHasNothingToWaitFor() {
    assertThatIllegalStateException()
        .isThrownBy(() -> ordered.mark(new Tick(1)))
        .withMessage("batches in flight: none (expected: one to wait for)");
  }

  @Test
  void visitsWhatHasNotLeftOldestFirst() {
    added(unordered, 1, "a", "b");
    Batch<String, String> second = added(unordered, 2, "c", "|1", "d");
    Batch<String, String> third = added(unordered, 3, "e");
    complete(unordered, second);
    complete(unordered, third);

    List<String> left = new ArrayList<>();
    unordered.forEach(
        batch -> {
          for (int row = batch.firstLeft(); row < batch.size(); row++) {
            left.add(batch.record(row));
          }
        });

    assertThat(left).containsExactly("a", "b", "d", "e");
  }

  @Test
  void batchThatLeftMayBeRefilledAtOnce() {
    Batcher<String, String> batcher = new Batcher<>(BatchPolicy.defaults());
    List<String> emitted = new ArrayList<>();
    InFlight.Emitter<String, String> recycling =
        new InFlight.Emitter<>() {
          @Override
          public void emit(Batch<String, String> batch, int from, int to) {
            for (int row = from; row < to; row++) {
              emitted.add(batch.record(row));
            }
          }

          @Override
          public void emit(Mark mark) {
            emitted.add(mark.toString());
          }

          @Override
          public void left(Batch<String, String> batch) {
            batcher.recycle(batch);
          }
        };
    for (int round = 0; round < 3; round++) {
      batcher.add("record " + round, 0, 1, 0);
      batcher.mark(new Tick(round));
      Batch<String, String> closed = batcher.close(CloseCause.DEADLINE, 0);
      ordered.add(closed);
      ordered.complete(closed);
      ordered.drain(recycling);
    }

    assertThat(emitted).containsExactly("record 0", "|0", "record 1", "|1", "record 2", "|2");
  }
}
