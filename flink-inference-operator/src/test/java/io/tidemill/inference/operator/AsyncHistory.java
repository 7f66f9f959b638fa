package io.tidemill.inference.operator;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.loader.FakeModels;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;

/**
 * One random history of a step that answers futures: callers who let only so many records wait,
 * encoders and calls that take their time, records at fault, memory that is short, and an end.
 *
 * <p>Its threads are real: a seed always sends the same records, in any order of events.
 */
final class AsyncHistory implements FakeModel.Behaviour {
  private static final StepSettings PATIENT =
      StepSettings.defaults().withCallTimeout(Duration.ofHours(1)).withDeadBatches(0);
  private static final int MOST_TURNS = 200;

  private final Random random;
  private final List<List<Long>> sent = new ArrayList<>();
  private final Set<Long> culprits = new HashSet<>();
  private final Set<Long> hogs = new HashSet<>();
  private final int fits;
  private final StepSettings settings;
  private final End end;
  private final FakeModel model = FakeModel.ofFeatures(1).behave(this);
  private final Queue<Sent> answers = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> problems = new ConcurrentLinkedQueue<>();
  private final AtomicInteger mostRows = new AtomicInteger();
  private final CompletableFuture<String> over = new CompletableFuture<>();
  private final long arrowBytesBefore = ColumnMemory.allocatedBytes();

  private enum End {
    /** Every record has its answer. */
    ANSWERED,
    /** Closed while callers send. */
    CLOSED,
    /** A record without a value fails the step where it is encoded. */
    FAILED_ENCODING,
    /** A call of the model does, for {@link #fatal}. */
    FAILED_CALLING
  }

  private record Sent(long record, CompletableFuture<String> answer) {}

  /** Gives others time to come between. */
  private static final class SlowEncoder implements RecordEncoder<Long> {
    private static final long serialVersionUID = 1L;
    private final StepHarness.Encoder encoder = new StepHarness.Encoder();

    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      giveWay();
      return encoder.encode(record, columns, row);
    }

    @Override
    public long bytes(Long record) {
      return Math.abs(encoder.bytes(record));
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // A hint is all that it is to be.
  private static void giveWay() {
    int turns = ThreadLocalRandom.current().nextInt(MOST_TURNS);
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
    if (turns % 8 == 0) {
      Thread.yield();
    }
  }

  AsyncHistory(long seed) {
    random = new Random(seed);
    int callers = 1 + random.nextInt(3);
    for (int caller = 0; caller < callers; caller++) {
      sent.add(records(1 + caller * 100));
    }
    fits = random.nextInt(3) == 0 ? 1 + random.nextInt(8) : Integer.MAX_VALUE;
    end = End.values()[random.nextInt(End.values().length)];
    BatchPolicy batching =
        new BatchPolicy(
            1 + random.nextInt(8),
            random.nextBoolean() ? BatchPolicy.UNLIMITED_BYTES : 50 + random.nextInt(500),
            Duration.ofNanos(random.nextInt(4) == 0 ? 0 : random.nextInt(2_000_000)),
            1 + random.nextInt(4));
    settings =
        PATIENT
            .withBatching(batching)
            .withWorkers(1 + random.nextInt(batching.maxInFlight()))
            .withNullInput(end == End.FAILED_ENCODING ? OnNullInput.FAIL : OnNullInput.DEAD_LETTER);
  }

  private List<Long> records(long first) {
    List<Long> records = new ArrayList<>();
    int count = 1 + random.nextInt(99);
    for (long record = first; record < first + count; record++) {
      switch (random.nextInt(40)) {
        case 0 -> culprits.add(record);
        case 1 -> hogs.add(record);
        case 2 -> records.add(StepHarness.UNFIT - random.nextInt(4));
        default -> {}
      }
      records.add(record);
    }
    Collections.shuffle(records, random);
    return records;
  }

  /** The record that fails the step, if one does. */
  private long fatal() {
    return end == End.FAILED_ENCODING ? StepHarness.NULL : 1_000;
  }

  void run() throws Exception {
    if (end == End.FAILED_CALLING || end == End.FAILED_ENCODING) {
      List<Long> bad = sent.get(random.nextInt(sent.size()));
      bad.add(random.nextInt(bad.size() + 1), fatal());
    }
    RecordedMetrics metrics = new RecordedMetrics();
    AsyncStep<Long, String> step =
        AsyncStep.open(
            new Scoring<>(
                "history",
                settings,
                FakeModels.source(model),
                new SlowEncoder(),
                new StepHarness.Decoder()),
            new AsyncStep.Place(0, Set.of(), metrics.taskGroup(), getClass().getClassLoader()),
            letter -> letter.record() + "!" + letter.cause());
    try {
      int total = sent.stream().mapToInt(List::size).sum();
      CountDownLatch closing = new CountDownLatch(end == End.CLOSED ? random.nextInt(total) : 0);
      List<Thread> callers = new ArrayList<>();
      for (List<Long> records : sent) {
        int room = 1 + random.nextInt(50);
        callers.add(new Thread(() -> call(step, records, room, closing)));
      }
      callers.forEach(Thread::start);
      if (end == End.CLOSED) {
        assertThat(closing.await(20, SECONDS)).as("records taken in").isTrue();
        step.close();
        over.complete("");
      }
      for (Thread caller : callers) {
        caller.join(SECONDS.toMillis(20));
        assertThat(caller.isAlive()).as("caller lives").isFalse();
      }
      assertThat(problems).isEmpty();
      for (Sent one : answers) {
        check(one);
      }
      if (end == End.ANSWERED) {
        assertThat(answers).hasSize(total);
        assertThat(metrics.gauge("inFlight").intValue()).as("in flight").isZero();
      }
    } finally {
      step.close();
    }
    assertThat(ColumnMemory.allocatedBytes()).as("Arrow bytes").isEqualTo(arrowBytesBefore);
    assertThat(model.openHandles()).as("open handles").isZero();
    assertThat(mostRows.get()).isLessThanOrEqualTo(settings.batching().maxSize());
  }

  private void call(
      AsyncStep<Long, String> step, List<Long> records, int room, CountDownLatch closing) {
    try {
      ArrayDeque<CompletableFuture<String>> waiting = new ArrayDeque<>();
      for (long record : records) {
        if (waiting.size() == room) {
          await(waiting.remove());
        }
        CompletableFuture<String> answer = step.score(record);
        answers.add(new Sent(record, answer));
        waiting.add(answer);
        closing.countDown();
      }
      for (CompletableFuture<String> answer : waiting) {
        await(answer);
      }
    } catch (Throwable e) {
      problems.add(e);
    }
  }

  /** Until it is answered, or nobody is any more. */
  private void await(CompletableFuture<String> answer) throws Exception {
    try {
      CompletableFuture.anyOf(answer, over).get(20, SECONDS);
    } catch (ExecutionException e) {
      // What it may fail for is checked at the end.
    }
  }

  private void check(Sent one) throws Exception {
    assertThat(one.answer().isDone() || end == End.CLOSED).as("%s is answered", one).isTrue();
    if (!one.answer().isCompletedExceptionally()) {
      assertThat(one.answer().getNow(expected(one.record()))).isEqualTo(expected(one.record()));
      return;
    }
    Throwable failure = one.answer().handle((result, thrown) -> thrown).get();
    assertThat(end).as("end, where %s fails for %s", one, failure).isNotEqualTo(End.ANSWERED);
    assertThat(failure).isInstanceOf(InferenceException.class);
  }

  private String expected(long record) {
    if (record == StepHarness.BUG) {
      return record + "!UNFIT";
    } else if (Math.abs(record) > settings.batching().maxBytes()) {
      return record + "!TOO_LARGE";
    } else if (record == StepHarness.UNFIT) {
      return record + "!UNFIT";
    } else if (record == StepHarness.SKIPPED) {
      return record + "=unscored";
    } else if (record == StepHarness.UNDECODABLE) {
      return record + "!DECODE";
    } else if (culprits.contains(record)) {
      return record + "!MODEL";
    } else if (hogs.contains(record)) {
      return record + "!OUT_OF_MEMORY";
    }
    return record + "=" + (float) record;
  }

  @Override
  public ColumnBatch predict(FakeModel fake, ColumnBatch input, BufferAllocator allocator) {
    giveWay();
    mostRows.accumulateAndGet(input.rows(), Math::max);
    if (input.rows() > fits) {
      throw new ModelOutOfMemoryException("no room for " + input.rows() + " rows");
    }
    for (int row = 0; row < input.rows(); row++) {
      long record = (long) FakeModel.sum(input, row);
      if (hogs.contains(record)) {
        throw new ModelOutOfMemoryException("no room for record " + record);
      } else if (culprits.contains(record)) {
        throw new ModelCallException("bad record " + record);
      } else if (record == fatal()) {
        return FakeModel.answeringRows(input.rows() + 1).predict(fake, input, allocator);
      }
    }
    return fake.answer(input, allocator);
  }
}
