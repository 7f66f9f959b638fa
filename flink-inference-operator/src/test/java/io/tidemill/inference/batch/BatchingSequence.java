package io.tidemill.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * One random life of a batcher and its batches in flight, beside a reference that knows only what
 * came, when, and what may therefore leave. The sequence plays the operator: it asks {@code due} at
 * every tick, dispatches, completes in any order, and waits where nothing fits.
 */
final class BatchingSequence implements InFlight.Emitter<Integer, Integer> {
  private static final int STEPS = 150;

  private final Random random;
  private final BatchPolicy policy;
  private final InFlight.Order order;
  private final Batcher<Integer, Integer> batcher;
  private final InFlight<Integer, Integer> inFlight;
  private final List<Batch<Integer, Integer>> running = new ArrayList<>();
  private long now;

  // The reference: records count from 0 as they come.
  private final List<Integer> bytes = new ArrayList<>();
  private final List<Integer> recordsBeforeMark = new ArrayList<>();
  private final List<Integer> emitted = new ArrayList<>();
  private final List<Integer> emittedMarks = new ArrayList<>();
  private int firstOpen;
  private long openSince;

  BatchingSequence(long seed) {
    random = new Random(seed);
    policy =
        new BatchPolicy(
            1 + random.nextInt(8),
            random.nextBoolean() ? BatchPolicy.UNLIMITED_BYTES : 1 + random.nextInt(40),
            Duration.ofNanos(random.nextInt(20)),
            1 + random.nextInt(4));
    order = random.nextBoolean() ? InFlight.Order.ORDERED : InFlight.Order.UNORDERED;
    now = random.nextBoolean() ? random.nextLong() : Long.MAX_VALUE - random.nextInt(STEPS);
    batcher = new Batcher<>(policy);
    inFlight = new InFlight<>(policy.maxInFlight(), order);
  }

  void run() {
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3, 4 -> record();
        case 5, 6 -> mark();
        case 7, 8 -> tick();
        case 9, 10 -> completeOne();
        default -> batcher.sizeLimit(1 + random.nextInt(policy.maxSize()));
      }
      dispatchIfDue();
      checkWaiting();
      checkNothingLost();
    }
    endInput();
    checkNothingLost();
    checkAllLeft();
  }

  private void record() {
    int size = random.nextInt(12);
    assertThat(batcher.admits(size)).isEqualTo(size <= policy.maxBytes());
    if (!batcher.admits(size)) {
      return;
    }
    while (!batcher.fits(size)) {
      if (inFlight.hasFreeSlot()) {
        dispatch(CloseCause.BYTES);
      } else {
        completeOne();
      }
    }
    if (firstOpen == bytes.size()) {
      openSince = now;
    }
    batcher.add(bytes.size(), 100L + bytes.size(), size, now);
    bytes.add(size);
  }

  private void mark() {
    int mark = recordsBeforeMark.size();
    recordsBeforeMark.add(bytes.size());
    if (!batcher.isEmpty()) {
      batcher.mark(new Tick(mark));
    } else if (!inFlight.isEmpty()) {
      inFlight.mark(new Tick(mark));
    } else {
      emit(new Tick(mark));
    }
  }

  private void tick() {
    now++;
  }

  private void completeOne() {
    if (running.isEmpty()) {
      return;
    }
    Batch<Integer, Integer> batch = running.remove(random.nextInt(running.size()));
    for (int row = 0; row < batch.size(); row++) {
      batch.outcome(row, -batch.record(row));
    }
    inFlight.complete(batch);
    inFlight.drain(this);
    dispatchIfDue();
  }

  private void dispatchIfDue() {
    if (inFlight.hasFreeSlot()) {
      CloseCause cause = batcher.due(now);
      if (cause != null) {
        checkDue(cause);
        dispatch(cause);
      }
    }
  }

  private void dispatch(CloseCause cause) {
    Batch<Integer, Integer> batch = batcher.close(cause, now);
    assertThat(batch.size()).isBetween(1, policy.maxSize());
    assertThat(batch.size()).isEqualTo(bytes.size() - firstOpen);
    assertThat(batch.bytes()).isEqualTo(openBytes()).isLessThanOrEqualTo(policy.maxBytes());
    assertThat(batch.openedNanos()).isEqualTo(openSince);
    firstOpen = bytes.size();
    inFlight.add(batch);
    running.add(batch);
    assertThat(inFlight.size()).isLessThanOrEqualTo(policy.maxInFlight());
  }

  private long openBytes() {
    return bytes.subList(firstOpen, bytes.size()).stream().mapToLong(Integer::longValue).sum();
  }

  private void checkDue(CloseCause cause) {
    int open = bytes.size() - firstOpen;
    switch (cause) {
      case SIZE -> assertThat(open).isGreaterThanOrEqualTo(batcher.sizeLimit());
      case BYTES -> assertThat(openBytes()).isEqualTo(policy.maxBytes());
      case DEADLINE ->
          assertThat(now - openSince).isGreaterThanOrEqualTo(policy.maxDelay().toNanos());
      case END_OF_INPUT, TOGETHER, ALL_WAITING ->
          throw new AssertionError("due by a cause that no batcher has");
    }
  }

  private void checkWaiting() {
    boolean open = firstOpen < bytes.size();
    assertThat(batcher.isEmpty()).isNotEqualTo(open);
    if (open && inFlight.hasFreeSlot()) {
      assertThat(now - openSince)
          .as("wait of the first open record while a slot is free")
          .isLessThan(policy.maxDelay().toNanos());
      assertThat(bytes.size() - firstOpen).isLessThan(batcher.sizeLimit());
    }
  }

  private void checkNothingLost() {
    List<Integer> all = new ArrayList<>(emitted);
    inFlight.forEach(batch -> addFrom(batch, batch.firstLeft(), all));
    addFrom(batcher.open(), 0, all);
    assertThat(all).hasSize(bytes.size());
    if (order == InFlight.Order.ORDERED) {
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i)).isEqualTo(i);
      }
    } else {
      assertThat(new HashSet<>(all)).hasSize(bytes.size());
    }
  }

  private static void addFrom(Batch<Integer, Integer> batch, int from, List<Integer> target) {
    for (int row = from; row < batch.size(); row++) {
      target.add(batch.record(row));
    }
  }

  private void endInput() {
    while (!batcher.isEmpty() || !inFlight.isEmpty()) {
      if (!batcher.isEmpty() && inFlight.hasFreeSlot()) {
        dispatch(CloseCause.END_OF_INPUT);
      } else {
        completeOne();
      }
    }
  }

  private void checkAllLeft() {
    assertThat(emitted).hasSize(bytes.size());
    Set<Integer> left = new HashSet<>(emittedMarks);
    for (int mark = 0; mark < recordsBeforeMark.size(); mark++) {
      boolean lastAtItsPlace =
          mark + 1 == recordsBeforeMark.size()
              || !recordsBeforeMark.get(mark + 1).equals(recordsBeforeMark.get(mark));
      if (lastAtItsPlace) {
        assertThat(left).contains(mark);
      }
    }
  }

  @Override
  public void emit(Batch<Integer, Integer> batch, int from, int to) {
    assertThat(from).isLessThan(to);
    for (int row = from; row < to; row++) {
      int record = batch.record(row);
      assertThat(batch.outcome(row)).isEqualTo(-record);
      assertThat(batch.timestamp(row)).isEqualTo(100L + record);
      if (!emittedMarks.isEmpty()) {
        int mark = emittedMarks.get(emittedMarks.size() - 1);
        assertThat(record).isGreaterThanOrEqualTo(recordsBeforeMark.get(mark));
      }
      emitted.add(record);
    }
  }

  @Override
  public void emit(Mark mark) {
    int index = Math.toIntExact(((Tick) mark).time());
    if (!emittedMarks.isEmpty()) {
      assertThat(index).isGreaterThan(emittedMarks.get(emittedMarks.size() - 1));
    }
    int before = recordsBeforeMark.get(index);
    assertThat(emitted).as("records before mark %d", index).hasSize(before);
    assertThat(emitted).allMatch(record -> record < before);
    emittedMarks.add(index);
  }

  @Override
  public void left(Batch<Integer, Integer> batch) {
    batcher.recycle(batch);
  }
}
