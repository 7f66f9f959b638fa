package io.tidemill.inference.operator;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.FakeModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.io.disk.iomanager.IOManager;
import org.apache.flink.runtime.io.disk.iomanager.IOManagerAsync;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The operator with numbers as records: record {@code 7} is the one feature 7, and its result
 * {@code "7=7.0"} pairs it with its own score. Mails run only when the test says so.
 */
final class StepHarness implements AutoCloseable {
  /** A record that is encoded as null. */
  static final long NULL = -1;

  /** A record that does not fit. */
  static final long UNFIT = -2;

  /** A record that passes unscored. */
  static final long SKIPPED = -3;

  /** A record on which the user's encoder has a bug. */
  static final long BUG = -4;

  /** A record whose prediction does not decode. */
  static final long UNDECODABLE = -5;

  static final OutputTag<DeadLetter<Long>> DEAD_LETTERS =
      new OutputTag<>("dead-letters", new DeadLetterTypeInfo<>(Types.LONG));

  private static final int MAX_PARALLELISM = 128;

  // No step uses it, and each that is started makes folders and threads.
  private static final IOManager IO =
      new IOManagerAsync() {
        @Override
        public void close() {}
      };

  private final OneInputStreamOperatorTestHarness<Long, String> harness;
  private final MockEnvironment environment;
  private final RecordedMetrics metrics = new RecordedMetrics();
  private final FakeClock clock;
  private final FixedPlace place = new FixedPlace();

  static final class Encoder implements RecordEncoder<Long> {
    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      if (record == NULL) {
        throw UnfitRecordException.nullInput("id");
      } else if (record == UNFIT) {
        throw new UnfitRecordException("id: -2 (expected: >= 0)");
      } else if (record == BUG) {
        throw new IllegalStateException("a bug");
      }
      columns.fixedWidth(0).setFloat(row, record);
      return record != SKIPPED;
    }

    @Override
    public long bytes(Long record) {
      if (record == BUG) {
        throw new IllegalStateException("a bug");
      }
      return record;
    }
  }

  static final class Decoder implements PredictionDecoder<Long, String> {
    @Override
    public String decode(Long record, ColumnBatch outputs, int row) {
      if (record == UNDECODABLE) {
        throw new IllegalStateException("no such label");
      }
      return record + "=" + outputs.fixedWidth(0).getFloat(row);
    }

    @Override
    public String unscored(Long record) {
      return record + "=unscored";
    }
  }

  StepHarness(StepSettings settings, FakeModel model) throws Exception {
    this(settings, model, 1, 0);
  }

  StepHarness(StepSettings settings, FakeModel model, int parallelism, int subtask)
      throws Exception {
    this(
        "score",
        settings,
        model,
        new FakeClock(),
        new Encoder(),
        new Decoder(),
        parallelism,
        subtask);
  }

  StepHarness(
      StepSettings settings,
      FakeModel model,
      FakeClock clock,
      RecordEncoder<Long> encoder,
      PredictionDecoder<Long, String> decoder)
      throws Exception {
    this("score", settings, model, clock, encoder, decoder);
  }

  StepHarness(
      String step,
      StepSettings settings,
      FakeModel model,
      FakeClock clock,
      RecordEncoder<Long> encoder,
      PredictionDecoder<Long, String> decoder)
      throws Exception {
    this(step, settings, model, clock, encoder, decoder, 1, 0);
  }

  private StepHarness(
      String step,
      StepSettings settings,
      FakeModel model,
      FakeClock clock,
      RecordEncoder<Long> encoder,
      PredictionDecoder<Long, String> decoder,
      int parallelism,
      int subtask)
      throws Exception {
    this.clock = clock;
    environment =
        new MockEnvironmentBuilder()
            .setTaskName("step")
            .setManagedMemorySize(3 << 20)
            .setBufferSize(1024)
            .setMaxParallelism(MAX_PARALLELISM)
            .setParallelism(parallelism)
            .setSubtaskIndex(subtask)
            .setMetricGroup(metrics.taskGroup())
            .setIOManager(IO)
            .build();
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new InferenceOperatorFactory<>(
                new StepParts<>(
                    new Scoring<>(step, settings, FakeModels.source(model), encoder, decoder),
                    DEAD_LETTERS,
                    clock,
                    choice(place))),
            environment);
    harness.getStreamConfig().setupNetworkInputs(LongSerializer.INSTANCE);
    harness.getStreamConfig().serializeAllConfigs();
  }

  private static CallPlace.Choice choice(CallPlace place) {
    return (limit, use) -> place;
  }

  /** Lets the task thread, which is the test's, make the calls from now on. */
  StepHarness callingHere() {
    place.here(true);
    return this;
  }

  /** Lets the workers make the calls from now on. */
  void callingInWorkers() {
    place.here(false);
  }

  /** Batches whose calls have told how long calls take. */
  int measuredBatches() {
    return place.batches();
  }

  /** From now on the task may be failed by another thread than its own. */
  void expectFailureFromOutside() {
    environment.setExpectedExternalFailureCause(InferenceException.class);
  }

  /** Why another thread has failed the task. */
  Optional<? extends Throwable> failureFromOutside() {
    return environment.getActualExternalFailureCause();
  }

  StepHarness open() throws Exception {
    harness.open();
    return this;
  }

  /** Restores before opening; the records in the state are taken in by {@link #open()}. */
  StepHarness restore(OperatorSubtaskState state) throws Exception {
    harness.initializeState(state);
    return this;
  }

  OneInputStreamOperatorTestHarness<Long, String> flink() {
    return harness;
  }

  RecordedMetrics metrics() {
    return metrics;
  }

  FakeClock clock() {
    return clock;
  }

  void send(long... records) throws Exception {
    for (long record : records) {
      harness.processElement(record, record);
    }
  }

  void watermark(long timestamp) throws Exception {
    harness.processWatermark(timestamp);
  }

  void status(WatermarkStatus status) throws Exception {
    harness.processWatermarkStatus(status);
  }

  /** Moves both clocks; timers fire. */
  void advance(Duration time) throws Exception {
    clock.advance(time);
    harness.advanceTime(time.toMillis());
  }

  /** Moves the monotonic clock without the timers' one. */
  void advanceMonotonicOnly(Duration time) {
    clock.advance(time);
  }

  /** Waits for the next mail and runs it. */
  void runMail() throws Exception {
    harness.getTaskMailbox().take(0).run();
  }

  /** Runs the mails that are there. */
  int runMails() throws Exception {
    int ran = 0;
    Optional<Mail> mail = harness.getTaskMailbox().tryTake(0);
    while (mail.isPresent()) {
      mail.get().run();
      ran++;
      mail = harness.getTaskMailbox().tryTake(0);
    }
    return ran;
  }

  /** Runs mails until this many records and marks have left. */
  void awaitOutput(int count) throws Exception {
    while (harness.getOutput().size() < count) {
      runMail();
    }
  }

  void endInput() throws Exception {
    harness.endInput();
  }

  OperatorSubtaskState snapshot() throws Exception {
    return harness.snapshot(1, 1);
  }

  /**
   * All that left: results as they are, {@code "W5"} for a watermark, {@code "IDLE"}, {@code
   * "ACTIVE"}.
   */
  List<String> output() {
    List<String> output = new ArrayList<>();
    for (Object element : harness.getOutput()) {
      if (element instanceof Watermark watermark) {
        output.add("W" + watermark.getTimestamp());
      } else if (element instanceof WatermarkStatus status) {
        output.add(status.isIdle() ? "IDLE" : "ACTIVE");
      } else if (element instanceof StreamRecord<?> record) {
        output.add(String.valueOf(record.getValue()));
      } else {
        output.add(element.toString());
      }
    }
    return output;
  }

  List<Long> timestamps() {
    return harness.extractOutputStreamRecords().stream()
        .map(record -> record.hasTimestamp() ? record.getTimestamp() : null)
        .toList();
  }

  List<DeadLetter<Long>> deadLetters() {
    List<DeadLetter<Long>> letters = new ArrayList<>();
    var side = sideOutput();
    if (side != null) {
      side.forEach(record -> letters.add(record.getValue()));
    }
    return letters;
  }

  private @Nullable Iterable<StreamRecord<DeadLetter<Long>>> sideOutput() {
    return harness.getSideOutput(DEAD_LETTERS);
  }

  /** The results of these records, in this order. */
  static List<String> scored(long... records) {
    List<String> results = new ArrayList<>();
    for (long record : records) {
      results.add(record + "=" + (float) record);
    }
    return results;
  }

  /** The results of all records from one to another, both included. */
  static List<String> scoredRange(long from, long to) {
    List<String> results = new ArrayList<>();
    for (long record = from; record <= to; record++) {
      results.add(record + "=" + (float) record);
    }
    return results;
  }

  @Override
  public void close() throws Exception {
    try (environment) {
      harness.close();
    }
  }
}
