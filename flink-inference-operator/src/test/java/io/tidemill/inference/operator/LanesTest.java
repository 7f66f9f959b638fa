package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.loader.FakeModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LanesTest {
  private static final InferenceSettings SETTINGS = InferenceSettings.defaults("score");

  private final BufferAllocator allocator = ColumnMemory.child("lanes", Long.MAX_VALUE);
  private final Batcher<Long, Object> batcher = new Batcher<>(SETTINGS.batching());
  private final List<Scorer<Long, String>> scorers = List.of(scorer(), scorer());
  private final Lanes<Long, String> lanes =
      new Lanes<>(scorers.stream().map(Lane::new).toList(), 1);
  private final List<Long> scored = new ArrayList<>();
  private final Workers.Completions<Long> completions =
      new Workers.Completions<>() {
        @Override
        public void scored(Batch<Long, Object> batch, ScoreReport report) {
          scored.add(batch.number());
        }

        @Override
        public void failed(Batch<Long, Object> batch, Throwable failure) {
          throw new AssertionError(failure);
        }
      };

  private Scorer<Long, String> scorer() {
    return new Scorer<>(
        FakeModel.ofFeatures(1),
        new Scorer.Codec<>(new StepHarness.Encoder(), new StepHarness.Decoder()),
        allocator,
        SETTINGS,
        System::nanoTime);
  }

  @AfterEach
  void giveMemoryBack() {
    scorers.forEach(Scorer::close);
    allocator.close();
  }

  @Test
  void oneWorkerAloneTakesABatchThroughAllItsSteps() throws Exception {
    submit(1);
    submit(2);

    Lane<Long, String> lane = null;
    List<Lane.Step> steps = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      lane = lanes.next(lane);
      steps.add(lane.step());
      lane.work(completions);
    }

    assertThat(steps)
        .containsExactly(
            Lane.Step.ENCODE,
            Lane.Step.CALL,
            Lane.Step.DECODE,
            Lane.Step.ENCODE,
            Lane.Step.CALL,
            Lane.Step.DECODE);
    assertThat(scored).containsExactly(1L, 2L);
  }

  @Test
  void whoEndsACallBeginsTheNextAndTheOtherDecodes() throws Exception {
    submit(1);
    submit(2);
    Lane<Long, String> first = lanes.next(null);
    first.work(completions);
    Lane<Long, String> second = lanes.next(null);
    second.work(completions);

    first = lanes.next(first);
    assertThat(first.step()).isEqualTo(Lane.Step.CALL);
    // The second batch stands encoded, but one call at a time is the limit.
    CompletableFuture<Thread> asleep = new CompletableFuture<>();
    FutureTask<Lane<Long, String>> other = waitInAnotherThread(second, asleep);
    awaitSleep(asleep.join());
    assertThat(other.isDone()).isFalse();
    first.work(completions);
    Lane<Long, String> next = lanes.next(first);

    assertThat(next).isSameAs(second);
    assertThat(next.step()).isEqualTo(Lane.Step.CALL);
    Lane<Long, String> decoded = other.get();
    assertThat(decoded).isSameAs(first);
    assertThat(decoded.step()).isEqualTo(Lane.Step.DECODE);
    decoded.work(completions);
    next.work(completions);
    assertThat(scored).containsExactly(1L);
  }

  private FutureTask<Lane<Long, String>> waitInAnotherThread(
      Lane<Long, String> done, CompletableFuture<Thread> started) {
    FutureTask<Lane<Long, String>> task =
        new FutureTask<>(
            () -> {
              started.complete(Thread.currentThread());
              return lanes.next(done);
            });
    Thread thread = new Thread(task, "other-worker");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static void awaitSleep(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private void submit(long record) {
    batcher.add(record, record, 0, 0);
    lanes.submit(batcher.close(CloseCause.SIZE, 0));
  }
}
