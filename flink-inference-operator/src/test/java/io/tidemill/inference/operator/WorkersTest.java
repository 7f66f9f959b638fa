package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.loader.ModelHandle;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, unit = TimeUnit.SECONDS)
class WorkersTest {
  private static final StepSettings SETTINGS = StepSettings.defaults();
  private static final long INTERRUPTING = 13;

  private final BufferAllocator allocator = ColumnMemory.child("workers", Long.MAX_VALUE);
  private final Batcher<Long, Object> batcher = new Batcher<>(SETTINGS.batching());
  private final HeldCalls calls = new HeldCalls();
  private final FakeModel model = FakeModel.ofFeatures(1).behave(calls);
  private final Map<Long, Thread> encodedBy = new ConcurrentHashMap<>();
  private final Map<Long, Thread> decodedBy = new ConcurrentHashMap<>();
  private final BlockingQueue<Scorer<Long, String>> called = new LinkedBlockingQueue<>();
  private final BlockingQueue<Throwable> ended = new LinkedBlockingQueue<>();
  private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
  private final BlockingQueue<Batch<Long, Object>> failed = new LinkedBlockingQueue<>();
  private final AtomicBoolean dying = new AtomicBoolean();
  private final AtomicBoolean letsGo = new AtomicBoolean();
  private final FixedPlace place = new FixedPlace();
  private final ModelHandle handle = new ModelHandle(model, model::close);
  private final StepMemory memory =
      new StepMemory(new Step("score", model.version()), model.signature(), SETTINGS);
  private final Workers<Long, String> workers =
      new Workers<>(
          "score-0",
          SETTINGS.withWorkers(1),
          List.of(scorer(), scorer()),
          place,
          List.of(allocator, handle),
          Alarms.hold(),
          () -> false,
          new Workers.Completions<>() {
            @Override
            public void called(Scorer<Long, String> scorer) {
              called.add(scorer);
              if (letsGo.get()) {
                requireNonNull(WorkersTest.this.workers).finish(scorer);
                throw new NoClassDefFoundError("of a listener");
              }
              if (dying.get()) {
                throw new OutOfMemoryError("of the mailbox");
              }
            }

            @Override
            public void failed(Batch<Long, Object> batch, Throwable failure) {
              failures.add(failure);
              failed.add(batch);
              if (dying.get()) {
                throw new OutOfMemoryError("of the mailbox");
              }
            }

            @Override
            public void hangs(InferenceException failure) {
              failures.add(failure);
            }

            @Override
            public void ended(Throwable failure) {
              ended.add(failure);
            }
          });

  private Scorer<Long, String> scorer() {
    RecordEncoder<Long> encoder = new StepHarness.Encoder();
    PredictionDecoder<Long, String> decoder = new StepHarness.Decoder();
    return new Scorer<>(
        new ModelCalls(handle, memory, System::nanoTime),
        new Scorer.Codec<>(
            (record, columns, row) -> {
              encodedBy.put(record, Thread.currentThread());
              if (record == INTERRUPTING) {
                Thread.currentThread().interrupt();
              }
              return encoder.encode(record, columns, row);
            },
            new PredictionDecoder<>() {
              @Override
              public String decode(Long record, ColumnBatch outputs, int row) {
                decodedBy.put(record, Thread.currentThread());
                return decoder.decode(record, outputs, row);
              }
            }),
        allocator.newChildAllocator("scorer", 0, Long.MAX_VALUE),
        memory,
        System::nanoTime);
  }

  @BeforeEach
  void start() {
    workers.start(Thread::new);
  }

  @AfterEach
  void close() {
    workers.close(TimeUnit.SECONDS.toMillis(60));
  }

  @Test
  void aFreeWorkerEncodesAndDecodesByItself() throws Exception {
    Batch<Long, Object> batch = submit(1);
    calls.next().answer();
    workers.finish(called.take());

    Thread worker = model.calls().get(0).thread();
    assertThat(encodedBy).containsExactly(Map.entry(1L, worker));
    assertThat(decodedBy).containsExactly(Map.entry(1L, worker));
    assertThat(batch.outcome(0)).isEqualTo("1=1.0");
  }

  @Test
  void whoeverSubmitsEncodesWhileEveryWorkerCallsTheModel() throws Exception {
    submit(1);
    HeldCalls.Call first = calls.next();
    submit(2);

    assertThat(encodedBy).containsEntry(2L, Thread.currentThread());
    first.answer();
    calls.next().answer();
    workers.finish(called.take());
    workers.finish(called.take());
    assertThat(model.callSizes()).containsExactly(1, 1);
  }

  @Test
  void whoeverFinishesDecodesWhileABatchWaitsForTheModel() throws Exception {
    Batch<Long, Object> batch = submit(1);
    HeldCalls.Call first = calls.next();
    submit(2);
    first.answer();
    HeldCalls.Call second = calls.next();
    workers.finish(called.take());

    assertThat(decodedBy).containsExactly(Map.entry(1L, Thread.currentThread()));
    assertThat(batch.outcome(0)).isEqualTo("1=1.0");
    second.answer();
    workers.finish(called.take());
  }

  @Test
  void callsBeginInTheOrderOfSubmission() throws Exception {
    submit(5);
    HeldCalls.Call first = calls.next();
    submit(3);
    assertThat(first.first()).isEqualTo(5);
    first.answer();
    workers.finish(called.take());
    submit(4);

    HeldCalls.Call second = calls.next();
    assertThat(second.first()).isEqualTo(3);
    second.answer();
    workers.finish(called.take());
    HeldCalls.Call third = calls.next();
    assertThat(third.first()).isEqualTo(4);
    third.answer();
    workers.finish(called.take());
  }

  @Test
  void theTaskThreadCallsTheModelWhereThePlaceSaysSo() {
    model.behave(FakeModel::answer);
    place.here(true);
    batcher.add(1L, 1, 0, 0);

    Scorer<Long, String> scorer = requireNonNull(workers.submit(batcher.close(CloseCause.SIZE, 0)));

    assertThat(model.calls()).containsExactly(new FakeModel.Call(1, Thread.currentThread()));
    workers.finish(scorer);
    assertThat(decodedBy).containsExactly(Map.entry(1L, Thread.currentThread()));
  }

  @Test
  void theTaskThreadMakesNoCallWhileNoWorkerIsIdle() throws Exception {
    submit(1);
    HeldCalls.Call first = calls.next();
    place.here(true);
    submit(2);
    first.answer();
    calls.next().answer();

    workers.finish(called.take());
    workers.finish(called.take());
    assertThat(model.calls())
        .extracting(FakeModel.Call::thread)
        .doesNotContain(Thread.currentThread());
  }

  @Test
  void whatACallOfTheTaskThreadLeavesToDoIsAWorkers() throws Exception {
    model.behave(
        (self, input, memory) -> {
          if (FakeModel.sum(input, 0) > 0 && input.rows() > 1) {
            throw new ModelCallException("one of them");
          }
          return self.answer(input, memory);
        });
    place.here(true);
    batcher.add(1L, 1, 0, 0);
    batcher.add(2L, 2, 0, 0);
    assertThat(workers.submit(batcher.close(CloseCause.SIZE, 0))).isNull();

    Scorer<Long, String> scorer = called.take();
    assertThat(scorer.batch().outcome(0)).isEqualTo("1=1.0");
    assertThat(scorer.batch().outcome(1)).isEqualTo("2=2.0");
    workers.finish(scorer);
    assertThat(model.callSizes()).containsExactly(2, 1, 1);
    assertThat(model.calls().get(0).thread()).isEqualTo(Thread.currentThread());
    assertThat(model.calls().subList(1, 3))
        .extracting(FakeModel.Call::thread)
        .doesNotContain(Thread.currentThread());
  }

  @Test
  void aWorkerThatDoesNotReturnIsCountedAndKeepsMemoryAndModelUntilItDoes() throws Exception {
    long bytesBefore = ColumnMemory.allocatedBytes();
    int abandonedBefore = Workers.abandoned();
    CompletableFuture<Void> end = new CompletableFuture<>();
    CountDownLatch inCall = new CountDownLatch(1);
    model.behave(
        (self, input, memory) -> {
          inCall.countDown();
          end.join(); // Deaf to interruption.
          return self.answer(input, memory);
        });
    submit(1);
    inCall.await();

    workers.close(50);
    assertThat(Workers.abandoned()).isEqualTo(abandonedBefore + 1);
    assertThat(model.closed()).isFalse();
    assertThat(ColumnMemory.allocatedBytes()).isGreaterThan(bytesBefore);

    end.complete(null);
    joinWorkers();
    assertThat(model.closed()).isTrue();
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(bytesBefore);
  }

  @Test
  void aThreadThatUsersCodeInterruptedGoesOn() throws Exception {
    submit(INTERRUPTING);
    calls.next().answer();
    Scorer<Long, String> first = called.take();
    assertThat(first.batch().outcome(0)).isEqualTo("13=13.0");
    workers.finish(first);

    // The task thread encodes this one, as the worker is in a call.
    submit(1);
    HeldCalls.Call held = calls.next();
    submit(INTERRUPTING);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    held.answer();
    calls.next().answer();
    workers.finish(called.take());
    workers.finish(called.take());
    assertThat(ended).isEmpty();
    assertThat(model.closed()).isFalse();
  }

  @Test
  void anInterruptionThatAnEncoderLeavesIsNotTheCalls() throws Exception {
    AtomicBoolean interrupted = new AtomicBoolean();
    model.behave(
        (self, input, memory) -> {
          interrupted.set(Thread.currentThread().isInterrupted());
          return self.answer(input, memory);
        });
    submit(INTERRUPTING);
    workers.finish(called.take());

    assertThat(interrupted).isFalse();
  }

  @Test
  void aCallOfTheTaskThreadThatFailsLeavesItUninterrupted() throws Exception {
    Thread self = Thread.currentThread();
    model.behave(
        (fake, input, memory) -> {
          if (Thread.currentThread() == self) {
            self.interrupt();
            throw new ModelCallException("interrupted");
          }
          return fake.answer(input, memory);
        });
    place.here(true);
    submit(1);

    assertThat(Thread.interrupted()).isFalse();
    workers.finish(called.take());
  }

  @Test
  void anInterruptionFromOutsideEndsNoWorker() throws Exception {
    submit(1);
    HeldCalls.Call held = calls.next();
    held.answer();
    workers.finish(called.take());
    model.calls().get(0).thread().interrupt();

    submit(2);
    calls.next().answer();
    assertThat(called.take().batch().outcome(0)).isEqualTo("2=2.0");
    assertThat(model.closed()).isFalse();
  }

  @Test
  void workersThatDoNotAllStartEndAndLetGoOfEverything() {
    BufferAllocator own = ColumnMemory.child("half-started", Long.MAX_VALUE);
    AtomicBoolean closed = new AtomicBoolean();
    Workers<Long, String> half =
        new Workers<>(
            "half",
            SETTINGS.withWorkers(3),
            List.of(),
            place,
            List.of(own, () -> closed.set(true)),
            Alarms.hold(),
            () -> false,
            new Workers.Completions<>() {
              @Override
              public void called(Scorer<Long, String> scorer) {}

              @Override
              public void failed(Batch<Long, Object> batch, Throwable failure) {}

              @Override
              public void hangs(InferenceException failure) {}

              @Override
              public void ended(Throwable failure) {}
            });
    AtomicInteger started = new AtomicInteger();

    assertThatThrownBy(
            () ->
                half.start(
                    work -> {
                      if (started.getAndIncrement() == 2) {
                        throw new OutOfMemoryError("unable to create native thread");
                      }
                      return new Thread(work);
                    }))
        .hasMessage("unable to create native thread");
    half.close(TimeUnit.SECONDS.toMillis(60));

    assertThat(closed).isTrue();
  }

  @Test
  void workersThatEndByThemselvesLeaveTheTaskThreadWhatItMayUse() throws Exception {
    model.behave(FakeModel::answer);
    submit(1);
    Scorer<Long, String> scorer = called.take();
    dying.set(true);
    submit(2);
    for (Thread thread : workers.threads()) {
      thread.join();
    }

    workers.finish(scorer);
    assertThat(ended).hasSize(1);
    assertThat(model.closed()).isFalse();
    workers.close(TimeUnit.SECONDS.toMillis(60));
    assertThat(model.closed()).isTrue();
  }

  @Test
  void whatFailsBehindABatchThatWasLetGoFailsWithItsCauseAndThatBatch() throws Exception {
    model.behave(FakeModel::answer);
    letsGo.set(true);
    Batch<Long, Object> batch = submit(1);

    assertThat(failures.poll(20, TimeUnit.SECONDS)).hasMessage("of a listener");
    assertThat(failed.take()).isSameAs(batch);
    assertThat(ended).isEmpty();
  }

  @Test
  void aBufferThatLeaksKeepsNothingElse() {
    AutoCloseable leaking =
        () -> {
          throw new IllegalStateException("leaking: 64 bytes outstanding");
        };
    AtomicBoolean closed = new AtomicBoolean();
    Workers<Long, String> own =
        new Workers<>(
            "leaks",
            SETTINGS.withWorkers(1),
            List.of(),
            place,
            List.of(leaking, () -> closed.set(true)),
            Alarms.hold(),
            () -> false,
            new Workers.Completions<>() {
              @Override
              public void called(Scorer<Long, String> scorer) {}

              @Override
              public void failed(Batch<Long, Object> batch, Throwable failure) {}

              @Override
              public void hangs(InferenceException failure) {}

              @Override
              public void ended(Throwable failure) {}
            });
    own.start(Thread::new);

    assertThatThrownBy(() -> own.close(TimeUnit.SECONDS.toMillis(60)))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("leaking");
    assertThat(closed).isTrue();
  }

  @Test
  void aWorkerLeftBehindCallsTheModelNoMore() throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    CountDownLatch inCall = new CountDownLatch(1);
    model.behave(
        (self, input, memory) -> {
          inCall.countDown();
          end.join(); // Deaf to interruption.
          throw new ModelCallException("bad record");
        });
    batcher.add(1L, 1, 0, 0);
    batcher.add(2L, 2, 0, 0);
    workers.submit(batcher.close(CloseCause.SIZE, 0));
    inCall.await();
    workers.close(50);

    end.complete(null);
    joinWorkers();
    assertThat(model.callSizes()).containsExactly(2);
  }

  /** What they hold is let go of by whichever ends last. */
  private void joinWorkers() throws InterruptedException {
    for (Thread worker : workers.threads()) {
      worker.join();
    }
  }

  private Batch<Long, Object> submit(long record) {
    batcher.add(record, record, 0, 0);
    Batch<Long, Object> batch = batcher.close(CloseCause.SIZE, 0);
    workers.submit(batch);
    return batch;
  }
}
