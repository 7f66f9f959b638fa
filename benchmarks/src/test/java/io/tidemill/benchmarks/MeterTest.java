package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MeterTest {
  private static final int BATCH = 64;
  private static final Duration CALL = Duration.ofMillis(30);

  /** Two calls and a half. */
  private static final Duration TURN = Duration.ofMillis(75);

  private final Meter meter = Meter.ofBatches("meter", BATCH);
  private volatile boolean calling;

  @AfterEach
  void close() {
    meter.close();
  }

  @Test
  void countsFromTheEndOfABatchToTheEndOfAnother() throws Exception {
    List<End> ends = new ArrayList<>();
    Taken taken = new Taken(5);

    Callers.measure(meter, 1, taken, running -> call(running, ends));

    assertThat(taken.measurements)
        .hasSize(5)
        .allMatch(taking -> isBetween(ends, taking.value(Quantity.NANOS_PER_RECORD).orElseThrow()));
  }

  /** The end of a batch lies between these instants. */
  private record End(long earliest, long latest) {}

  /** Whether a record takes so long from the end of one of these batches to that of another. */
  private static boolean isBetween(List<End> ends, double nanosPerRecord) {
    for (int i = 0; i < ends.size(); i++) {
      for (int j = i + 1; j < ends.size(); j++) {
        double nanos = nanosPerRecord * BATCH * (j - i);
        if (nanos >= ends.get(j).earliest() - ends.get(i).latest() - 1
            && nanos <= ends.get(j).latest() - ends.get(i).earliest() + 1) {
          return true;
        }
      }
    }
    return false;
  }

  private void call(Meter running, List<End> ends) throws InterruptedException {
    Meter.Tally tally = running.tally();
    while (running.awaitTurn()) {
      calling = true;
      running.awaitStop(CALL);
      calling = false;
      long earliest = System.nanoTime();
      tally.add(BATCH);
      ends.add(new End(earliest, System.nanoTime()));
    }
  }

  @Test
  void aTurnIsOverWhenTheCallerRests() throws Exception {
    Taken taken = new Taken(5);

    Callers.measure(meter, 1, taken, running -> call(running, new ArrayList<>()));

    assertThat(taken.calling).hasSize(5).containsOnly(false);
  }

  @Test
  void aTurnIsOverWhenAllThatASourceHandedOutHasComeButAnOpenBatch() throws Exception {
    Meter.Tally tally = meter.tally();
    CompletableFuture<Void> work = new CompletableFuture<>();
    Taken taken = new Taken(1);
    Thread source =
        new Thread(
            () -> {
              long handedOut = 0;
              // A first turn, which warms up, and a second, which is measured.
              for (int turn = 0; turn < 2; turn++) {
                taken.over = false;
                meter.goOn();
                while (meter.turn().isDone() && !meter.stopped()) {
                  tally.add(BATCH);
                  handedOut += BATCH;
                  Thread.onSpinWait();
                }
                // Two batches are in flight and one is half full.
                meter.rest(handedOut + 2 * BATCH + BATCH / 2);
                await(meter);
                taken.over = true;
                tally.add(2 * BATCH);
                handedOut += 2 * BATCH;
                meter.turn().join();
              }
              work.complete(null);
            });
    source.start();

    meter.measure(taken, work);
    source.join();

    assertThat(taken.early).isFalse();
  }

  private static void await(Meter meter) {
    try {
      meter.awaitStop(CALL);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** So many turns. */
  private final class Taken implements Turns {
    private final int count;
    private final List<Measurement> measurements = new ArrayList<>();
    private final List<Boolean> calling = new ArrayList<>();
    private volatile boolean over = true;
    private boolean early;

    Taken(int count) {
      this.count = count;
    }

    @Override
    public Duration warmUp() {
      return CALL;
    }

    @Override
    public Optional<Duration> next() {
      early |= !over;
      return measurements.size() < count ? Optional.of(TURN) : Optional.empty();
    }

    @Override
    public void end(Measurement measurement) {
      measurements.add(measurement);
      calling.add(MeterTest.this.calling);
      early |= !over;
    }
  }
}
