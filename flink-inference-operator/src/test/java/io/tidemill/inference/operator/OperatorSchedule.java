package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.operator.ScheduleOutput.Input;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.columnar.ColumnMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.jspecify.annotations.Nullable;

/**
 * One random history of a step: records, marks, time, calls that end in any order and way,
 * checkpoints, failures and restores. Every record counts as many bytes as its number.
 *
 * <p>The workers are real threads, yet a seed always plays the same history: after each action the
 * schedule waits until every batch is held at the model or has left its mail, which the step's own
 * metrics tell. In some lives no call is held, and now the task thread makes it, now a worker.
 */
final class OperatorSchedule {
  private static final StepSettings PATIENT =
      StepSettings.defaults().withCallTimeout(Duration.ofHours(1)).withDeadBatches(0);

  private final Random random;
  private final List<Input> script = new ArrayList<>();
  private final Set<Long> culprits = new HashSet<>();
  private final Set<Long> hogs = new HashSet<>();
  private final long maxBytes;
  private final ScheduleOutput output;
  private final long arrowBytesBefore = ColumnMemory.allocatedBytes();

  private StepSettings settings;
  private FakeModel model;
  private GatedCalls calls;
  private StepHarness step;
  private int position;
  private List<Long> entered = new ArrayList<>();
  private List<Long> enteredNanos = new ArrayList<>();
  private @Nullable Snapshot snapshot;
  private long snapshots;
  // Whether calls are held at the model, which those of the task thread cannot be.
  private boolean holds;

  private record Snapshot(
      OperatorSubtaskState state,
      int position,
      List<Long> entered,
      StepSettings settings,
      boolean limitLearned) {}

  OperatorSchedule(long seed) throws Exception {
    random = new Random(seed);
    int records = 1 + random.nextInt(50);
    maxBytes =
        random.nextBoolean()
            ? BatchPolicy.UNLIMITED_BYTES
            : Math.max(1, records / 2 + random.nextInt(3 * records));
    write(records);
    output = new ScheduleOutput(script, culprits, hogs, maxBytes);
    settings = settings();
    model = FakeModel.ofFeatures(1);
    calls = new GatedCalls(culprits, hogs);
    step = new StepHarness(settings, model);
    holds = random.nextBoolean();
  }

  private void write(int records) {
    List<Long> numbers = new ArrayList<>(LongStream.rangeClosed(1, records).boxed().toList());
    Collections.shuffle(numbers, random);
    long watermark = 0;
    for (long record : numbers) {
      Long timestamp = random.nextInt(4) == 0 ? null : random.nextLong(1_000);
      script.add(new Input(record, timestamp, null));
      switch (random.nextInt(30)) {
        case 0 -> culprits.add(record);
        case 1 -> hogs.add(record);
        default -> {}
      }
      while (random.nextInt(4) == 0) {
        script.add(
            new Input(
                0,
                null,
                random.nextInt(3) > 0
                    ? new Watermark(watermark++)
                    : new WatermarkStatus(-random.nextInt(2))));
      }
    }
  }

  private StepSettings settings() {
    BatchPolicy batching =
        new BatchPolicy(
            1 + random.nextInt(8),
            maxBytes,
            Duration.ofMillis(random.nextInt(4) == 0 ? 0 : random.nextInt(20)),
            1 + random.nextInt(4));
    return PATIENT
        .withBatching(batching)
        .withWorkers(1 + random.nextInt(batching.maxInFlight()))
        .withOrder(random.nextBoolean() ? Order.ORDERED : Order.UNORDERED);
  }

  void run() throws Exception {
    model.behave(calls);
    calls.open(!holds);
    step.open();
    output.begin(settings.order());
    try {
      while (position < script.size()) {
        act();
        settle();
        output.take(step);
        check();
      }
      calls.open(true);
      step.endInput();
      settle();
      output.take(step);
      output.checkComplete();
    } finally {
      end();
    }
  }

  private void act() throws Exception {
    if (!holds && random.nextInt(3) == 0) {
      if (random.nextBoolean()) {
        step.callingHere();
      } else {
        step.callingInWorkers();
      }
    }
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4, 5, 6, 7, 8 -> next();
      case 9, 10 -> step.advance(Duration.ofMillis(random.nextInt(25)));
      case 11, 12, 13 -> finishOne();
      case 14, 15 -> step.runMails();
      case 16 -> runOneMail();
      case 17 -> calls.fits(random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(8));
      case 18 -> takeSnapshot();
      default -> {
        if (random.nextInt(3) == 0) {
          failAndRestore();
        }
      }
    }
  }

  private void next() throws Exception {
    Input input = script.get(position);
    if (input.mark() instanceof Watermark watermark) {
      step.flink().processWatermark(watermark);
    } else if (input.mark() instanceof WatermarkStatus status) {
      step.flink().processWatermarkStatus(status);
    } else {
      if (input.record() <= maxBytes) {
        makeSureItCanEnter(input.record());
        enter(input.record());
      }
      Long timestamp = input.timestamp();
      step.flink()
          .processElement(
              timestamp == null
                  ? new StreamRecord<>(input.record())
                  : new StreamRecord<>(input.record(), timestamp));
    }
    position++;
  }

  private void enter(long record) {
    entered.add(record);
    enteredNanos.add(step.clock().nanos());
  }

  /** Ends calls until the step, if it has to wait for a slot, gets one. */
  private void makeSureItCanEnter(long bytes) throws Exception {
    int firstOpen = dispatched();
    int openRecords = entered.size() - firstOpen;
    long openBytes =
        entered.subList(firstOpen, entered.size()).stream().mapToLong(Long::longValue).sum();
    boolean fits = openRecords < sizeLimit() && bytes <= maxBytes - openBytes;
    List<GatedCalls.Held> held = held();
    if (fits || inFlight() < settings.batching().maxInFlight() || held.isEmpty()) {
      return;
    }
    GatedCalls.Held oldest = held.get(0);
    GatedCalls.Held ended;
    do {
      ended = finishOne();
    } while (ended != oldest);
  }

  private GatedCalls.@Nullable Held finishOne() throws Exception {
    List<GatedCalls.Held> held = held();
    if (held.isEmpty()) {
      return null;
    }
    GatedCalls.Held call = held.get(random.nextInt(held.size()));
    calls.finish(call);
    settle();
    return call;
  }

  private void runOneMail() throws Exception {
    if (step.flink().getTaskMailbox().hasMail()) {
      step.runMail();
    }
  }

  private void takeSnapshot() throws Exception {
    output.take(step);
    snapshots++;
    OperatorSubtaskState state = step.flink().snapshot(snapshots, snapshots);
    boolean learned = sizeLimit() < settings.batching().maxSize();
    snapshot = new Snapshot(state, position, List.copyOf(entered), settings, learned);
    output.checkpoint(position);
  }

  private void failAndRestore() throws Exception {
    end();
    output.discardSinceCheckpoint();
    if (random.nextInt(4) == 0) {
      settings = settings();
    }
    model = FakeModel.ofFeatures(1);
    calls = new GatedCalls(culprits, hogs);
    model.behave(calls);
    step = new StepHarness(settings, model);
    entered = new ArrayList<>();
    enteredNanos = new ArrayList<>();
    position = 0;
    output.begin(settings.order());
    holds = random.nextBoolean();
    Snapshot last = snapshot;
    if (last != null) {
      position = last.position();
      last.entered().stream().filter(record -> !output.hasOutcomeOf(record)).forEach(this::enter);
      step.restore(last.state());
      // Batches that are cut anew may need more slots than there are.
      calls.open(
          !holds
              || !settings.equals(last.settings())
              || last.limitLearned()
              || settings.batching().maxDelay().isZero());
    }
    step.open();
    calls.open(!holds);
  }

  private void end() throws Exception {
    calls.shut();
    step.close();
    assertThat(ColumnMemory.allocatedBytes()).as("Arrow bytes").isEqualTo(arrowBytesBefore);
    assertThat(model.openHandles()).as("open handles").isZero();
    assertThat(calls.mostRows()).as("rows").isLessThanOrEqualTo(settings.batching().maxSize());
    assertThat(calls.mostBytes()).as("bytes").isLessThanOrEqualTo(maxBytes);
  }

  /** Waits until every batch is held at the model, waits for a worker, or has left its mail. */
  private void settle() throws Exception {
    if (holds) {
      calls.await(this::batchesAtTheModel);
    } else {
      calls.awaitFinished(step.metrics().counter("batches"));
    }
    TaskMailbox mailbox = step.flink().getTaskMailbox();
    List<Mail> mails = new ArrayList<>();
    long left = calls.finished() - step.metrics().histogram("modelMicros").getCount();
    for (int i = 0; i < left; i++) {
      mails.add(mailbox.take(TaskMailbox.MIN_PRIORITY));
    }
    mails.forEach(mailbox::put);
    assertThat(mailbox.size()).as("mails").isEqualTo(mails.size());
  }

  private int batchesAtTheModel() {
    int unfinished = (int) step.metrics().counter("batches") - calls.finished();
    return Math.min(settings.workers(), unfinished);
  }

  private List<GatedCalls.Held> held() throws Exception {
    if (!holds) {
      return List.of();
    }
    List<GatedCalls.Held> held = new ArrayList<>(calls.await(this::batchesAtTheModel));
    held.sort(Comparator.comparingInt(call -> entered.indexOf(call.first())));
    return held;
  }

  private void check() {
    assertThat(inFlight()).as("in flight").isLessThanOrEqualTo(settings.batching().maxInFlight());
    int firstOpen = dispatched();
    if (firstOpen < entered.size() && mayDispatch()) {
      long waited = step.clock().nanos() - enteredNanos.get(firstOpen);
      assertThat(waited)
          .as("wait of record %d with a free slot", entered.get(firstOpen))
          .isLessThan(settings.batching().maxDelay().toNanos());
    }
    long closedByDeadline = step.metrics().counter("closed{deadline}");
    assertThat(step.metrics().counter("queueWaitNanos"))
        .as("wait of all batches, %d of them closed by their deadline", closedByDeadline)
        .isGreaterThanOrEqualTo(closedByDeadline * settings.batching().maxDelay().toNanos());
  }

  /** Where the task thread calls, a batch may wait for a worker that is idle as well. */
  private boolean mayDispatch() {
    return inFlight() == 0 || (holds && inFlight() < settings.batching().maxInFlight());
  }

  private int dispatched() {
    return (int) step.metrics().counter("records");
  }

  private int inFlight() {
    return step.metrics().gauge("inFlight").intValue();
  }

  private int sizeLimit() {
    return step.metrics().gauge("sizeLimit").intValue();
  }
}
