package io.tidemill.inference.operator;

import static io.tidemill.inference.operator.StepHarness.scored;
import static io.tidemill.inference.operator.StepHarness.scoredRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.arrow.memory.ArrowBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records, models and memory at fault. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class FaultTest {
  private static final String BAD_RECORD = "io.tidemill.model.ModelCallException: bad record";
  private static final Signature TEXTS =
      new Signature(
          List.of(TensorSpec.of("text", ElementType.STRING, -1)),
          List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1)));

  private final FakeModel model = FakeModel.ofFeatures(1);

  private static StepSettings settings(int maxSize) {
    return StepSettings.defaults()
        .withBatching(new BatchPolicy(maxSize, Long.MAX_VALUE, Duration.ofMillis(20), 1));
  }

  /** Fails every call that has one of these records in it. */
  private static FakeModel.Behaviour failingOn(Set<Long> culprits) {
    return (self, input, allocator) -> {
      for (int row = 0; row < input.rows(); row++) {
        if (culprits.contains((long) FakeModel.sum(input, row))) {
          throw new ModelCallException("bad record");
        }
      }
      return self.answer(input, allocator);
    };
  }

  /** One record makes the call throw. */
  @Test
  void onlyTheRecordAtFaultIsADeadLetterWhereverItStands() throws Exception {
    int size = 37;
    for (long culprit = 1; culprit <= size; culprit++) {
      long at = culprit;
      FakeModel fresh = FakeModel.ofFeatures(1).behave(failingOn(Set.of(at)));
      try (StepHarness step = new StepHarness(settings(size), fresh).open()) {
        for (int record = 1; record <= size; record++) {
          step.send(record);
        }
        step.awaitOutput(size - 1);
        assertThat(step.output())
            .isEqualTo(scored(LongStream.rangeClosed(1, size).filter(id -> id != at).toArray()));
        assertThat(step.deadLetters()).hasSize(1);
        DeadLetter<Long> letter = step.deadLetters().get(0);
        assertThat(letter.record()).isEqualTo(culprit);
        assertThat(letter.cause()).isEqualTo(DeadLetterCause.MODEL);
        assertThat(letter.message()).isEqualTo(BAD_RECORD);
        assertThat(letter.model()).isEqualTo(fresh.version());
        assertThat(letter.step()).isEqualTo("score");
        assertThat(letter.batch()).isEqualTo(1);
        // The first call, ⌈log2 37⌉ of the search, the record alone, a proof that the model is
        // healthy, the record once more, and what stands behind it.
        assertThat(fresh.calls().size()).isLessThanOrEqualTo(1 + 6 + 1 + 1 + 1 + 1);
        assertThat(letter.attempts()).isBetween(3, 1 + 6 + 1 + 1);
      }
    }
  }

  @Test
  void anySetOfRecordsAtFaultIsFoundWithinTheBound() throws Exception {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      int size = 1 + random.nextInt(64);
      Set<Long> culprits = new TreeSet<>();
      int wanted = 1 + random.nextInt(size);
      while (culprits.size() < wanted) {
        culprits.add(1L + random.nextInt(size));
      }
      FakeModel fresh = FakeModel.ofFeatures(1).behave(failingOn(culprits));
      try (StepHarness step = new StepHarness(settings(size), fresh).open()) {
        for (int record = 1; record <= size; record++) {
          step.send(record);
        }
        step.runMail();
        assertThat(step.output())
            .as("seed %d", seed)
            .isEqualTo(
                scored(
                    LongStream.rangeClosed(1, size)
                        .filter(id -> !culprits.contains(id))
                        .toArray()));
        assertThat(step.deadLetters().stream().map(DeadLetter::record))
            .as("seed %d", seed)
            .containsExactlyElementsOf(culprits);
        int levels = 32 - Integer.numberOfLeadingZeros(Math.max(0, size - 1));
        // For each the search, the group behind it, a proof and the record once more.
        assertThat(fresh.calls().size())
            .as("calls, seed %d", seed)
            .isLessThanOrEqualTo(1 + (levels + 3) * culprits.size());
      }
    }
  }

  /** The model itself is broken. */
  @Test
  void brokenModelFailsTheTaskAndWritesNoDeadLetter() throws Exception {
    model.behave(FakeModel.failing(() -> new ModelCallException("graph is broken")));
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail)
          .isInstanceOf(InferenceException.class)
          .hasMessageContaining("step 'score', fake:1.0.0")
          .hasMessageContaining("fails on its own warm-up sample: graph is broken");
      assertThat(step.output()).isEmpty();
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void aModelThatBreaksAfterABadRecordFailsTheTask() throws Exception {
    model.behave(failingOn(Set.of(1L)));
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      step.runMail();
      model.behave(FakeModel.failing(() -> new ModelCallException("graph is broken")));
      step.send(3, 4);
      assertThatThrownBy(step::runMail)
          .hasMessageContaining("fails on its own warm-up sample: graph is broken");
      assertThat(step.output()).isEqualTo(scored(2));
      assertThat(step.deadLetters()).extracting(DeadLetter::record).containsExactly(1L);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 7, 8})
  void aModelThatARecordBreaksFailsTheTaskAndBlamesNone(long culprit) throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    model.behave(
        (self, input, allocator) -> {
          boolean hasCulprit = false;
          for (int row = 0; row < input.rows(); row++) {
            hasCulprit |= FakeModel.sum(input, row) == culprit;
          }
          if (broken.get() || hasCulprit) {
            // Alone it does what the whole batch did not: the engine is lost.
            broken.set(broken.get() || input.rows() == 1);
            throw new ModelCallException("device-side assert");
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(8), model).open()) {
      step.send(1, 2, 3, 4, 5, 6, 7, 8);
      assertThatThrownBy(step::runMail)
          .hasMessageContaining("fails on its own warm-up sample: device-side assert");
      assertThat(step.output()).isEmpty();
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void aRecordThatPassesUnscoredFailsTheTaskOfADecoderWithoutAResultForIt() throws Exception {
    PredictionDecoder<Long, String> decoder = (record, outputs, row) -> "scored";
    try (StepHarness step =
        new StepHarness(settings(2), model, new FakeClock(), new StepHarness.Encoder(), decoder)
            .open()) {
      step.send(1, StepHarness.SKIPPED);
      assertThatThrownBy(step::runMail)
          .isInstanceOf(InferenceException.class)
          .hasMessageStartingWith("step 'score', fake:1.0.0: ");
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void brokenModelFailsTheTaskWhenUnorderedToo() throws Exception {
    model.behave(FakeModel.failing(() -> new ModelCallException("graph is broken")));
    try (StepHarness step = new StepHarness(settings(2).withOrder(Order.UNORDERED), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail)
          .hasMessageContaining("fails on its own warm-up sample: graph is broken");
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void errorOfTheMachineFailsTheTaskWithItsCause() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          throw new NoClassDefFoundError("native part");
        });
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail)
          .hasMessageContaining("scoring batch 1 of 2 records failed")
          .hasRootCauseInstanceOf(NoClassDefFoundError.class);
    }
  }

  /** A call runs out of memory. */
  @Test
  void outOfMemoryHalvesRemembersAndProbesUpwardAgain() throws Exception {
    int[] fits = {4};
    List<Integer> sizes = new CopyOnWriteArrayList<>();
    model.behave(
        (self, input, allocator) -> {
          sizes.add(input.rows());
          if (input.rows() > fits[0]) {
            throw new ModelOutOfMemoryException("no room for " + input.rows());
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(16), model).open()) {
      for (int record = 1; record <= 16; record++) {
        step.send(record);
      }
      step.awaitOutput(16);
      assertThat(sizes).containsExactly(16, 8, 4, 4, 4, 4);
      assertThat(step.deadLetters()).isEmpty();

      sizes.clear();
      fits[0] = 16;
      int record = 17;
      while (sizes.stream().noneMatch(size -> size == 16)) {
        step.send(record++);
        step.runMails();
        assertThat(record).as("probing ends").isLessThan(20_000);
      }
      assertThat(sizes.get(0)).isEqualTo(4);
      step.endInput();
      assertThat(step.output()).isEqualTo(scoredRange(1, record - 1));
    }
  }

  @Test
  void learnedLimitIsKeptInState() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > 2) {
            throw new ModelOutOfMemoryException("no room");
          }
          return self.answer(input, allocator);
        });
    org.apache.flink.runtime.checkpoint.OperatorSubtaskState state;
    try (StepHarness step = new StepHarness(settings(8), model).open()) {
      for (int record = 1; record <= 8; record++) {
        step.send(record);
      }
      step.awaitOutput(8);
      state = step.snapshot();
    }
    FakeModel calm = FakeModel.ofFeatures(1);
    try (StepHarness step = new StepHarness(settings(8), calm).restore(state).open()) {
      step.send(1, 2);
      step.awaitOutput(2);
      assertThat(calm.calls().get(0).rows()).isEqualTo(2);
    }
  }

  @Test
  void singleRecordWithoutMemoryIsADeadLetter() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          for (int row = 0; row < input.rows(); row++) {
            if (FakeModel.sum(input, row) == 2) {
              throw new ModelOutOfMemoryException("record 2 is huge");
            }
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(3), model).open()) {
      step.send(1, 2, 3);
      step.awaitOutput(2);
      assertThat(step.output()).isEqualTo(scored(1, 3));
      assertThat(step.deadLetters().get(0).cause()).isEqualTo(DeadLetterCause.OUT_OF_MEMORY);
      assertThat(step.deadLetters().get(0).attempts()).isEqualTo(3);
    }
  }

  @Test
  void limitOnArrowMemoryHalvesToo() throws Exception {
    // 64 rows of one float take 256 bytes and the alignment; 1000 rows do not fit in 2 KiB.
    StepSettings tight = settings(1000).withMemoryBytes(2048);
    try (StepHarness step = new StepHarness(tight, model).open()) {
      for (int record = 1; record <= 1000; record++) {
        step.send(record);
      }
      step.endInput();
      assertThat(step.output()).isEqualTo(scoredRange(1, 1000));
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void limitOnArrowMemoryHalvesDownToTheRowsThatFit() throws Exception {
    // Inputs and outputs of 8 rows take 64 bytes each, those of 16 rows one alignment more.
    StepSettings tight = settings(64).withMemoryBytes(256);
    try (StepHarness step = new StepHarness(tight, model).open()) {
      for (int record = 1; record <= 64; record++) {
        step.send(record);
      }
      step.endInput();
      assertThat(step.deadLetters()).isEmpty();
      assertThat(step.output()).isEqualTo(scoredRange(1, 64));
    }
  }

  @Test
  void memoryThatABatchHoldsIsNotWantingInTheOthers() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    AtomicBoolean held = new AtomicBoolean();
    model.behave(
        (self, input, allocator) -> {
          if (held.compareAndSet(false, true)) {
            awaitEnd(end);
          }
          return self.answer(input, allocator);
        });
    // The columns of one batch take 4096 bytes and would leave too little for a single record.
    StepSettings two =
        StepSettings.defaults()
            .withBatching(new BatchPolicy(1000, Long.MAX_VALUE, Duration.ofMillis(20), 2))
            .withWorkers(2)
            .withOrder(Order.UNORDERED)
            .withMemoryBytes(4200);
    try (StepHarness step = new StepHarness(two, model).open()) {
      for (int record = 1; record <= 2000; record++) {
        step.send(record);
      }
      step.awaitOutput(1000);
      end.countDown();
      step.awaitOutput(2000);
      assertThat(step.output()).containsExactlyInAnyOrderElementsOf(scoredRange(1, 2000));
      assertThat(step.deadLetters()).isEmpty();
    } finally {
      end.countDown();
    }
  }

  private static void awaitEnd(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted in a call", e);
    }
  }

  @Test
  void aLimitThatNoRecordFitsInFailsTheTaskAtOnce() throws Exception {
    StepSettings tiny = StepSettings.defaults().withMemoryBytes(7);
    try (StepHarness step = new StepHarness(tiny, model)) {
      assertThatThrownBy(step::open)
          .hasMessage(
              "step 'score', %s: memory limit: 7 bytes (expected: >= 1024, 256 for a record with"
                  + " its prediction in each of the 4 batches in flight); raise it, or lower"
                  + " max-in-flight",
              model.version());
    }
  }

  /** A broken model is not a record without memory. */
  @Test
  void aModelWithoutMemoryForItsOwnSampleFailsTheTaskAndWritesNoDeadLetter() throws Exception {
    model.behave(FakeModel.failing(() -> new ModelOutOfMemoryException("the GPU is full")));
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail)
          .isInstanceOf(InferenceException.class)
          .hasMessageContaining("fails on its own warm-up sample: the GPU is full");
      assertThat(step.output()).isEmpty();
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  /** A wrong count never misaligns rows. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void wrongNumberOfRowsFailsTheTask(int rows) throws Exception {
    model.behave(FakeModel.answeringRows(rows));
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail)
          .hasMessageContaining("fake:1.0.0: " + rows + " rows answered for 2 records");
      assertThat(step.output()).isEmpty();
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void notFinitePredictionsAreKeptByDefault() throws Exception {
    model.behave(FakeModel.answeringNaN());
    try (StepHarness step = new StepHarness(settings(1), model).open()) {
      step.send(1);
      step.awaitOutput(1);
      assertThat(step.output()).containsExactly("1=NaN");
    }
  }

  @Test
  void onlyTheRecordWithANotFinitePredictionIsADeadLetterWhenTheStepSaysSo() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          var output = self.answer(input, allocator);
          output.fixedWidth(0).setFloat(1, Float.POSITIVE_INFINITY);
          return output;
        });
    StepSettings strict = settings(3).withOnNan(OnNotFinite.DEAD_LETTER);
    try (StepHarness step = new StepHarness(strict, model).open()) {
      step.send(1, 2, 3);
      step.awaitOutput(2);
      assertThat(step.output()).isEqualTo(scored(1, 3));
      assertThat(step.deadLetters().get(0).record()).isEqualTo(2);
      assertThat(step.deadLetters().get(0).cause()).isEqualTo(DeadLetterCause.NOT_FINITE);
    }
  }

  @Test
  void theRecordOfANotFinitePredictionIsFoundBehindAnUnfitOne() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          var output = self.answer(input, allocator);
          output.fixedWidth(0).setFloat(1, Float.NaN);
          return output;
        });
    StepSettings strict = settings(4).withOnNan(OnNotFinite.DEAD_LETTER);
    try (StepHarness step = new StepHarness(strict, model).open()) {
      step.send(StepHarness.UNFIT, 2, 3, 4);
      step.awaitOutput(2);
      assertThat(step.output()).isEqualTo(scored(2, 4));
      assertThat(step.deadLetters())
          .extracting(DeadLetter::record, DeadLetter::cause, DeadLetter::attempts)
          .containsExactly(
              tuple(StepHarness.UNFIT, DeadLetterCause.UNFIT, 0),
              tuple(3L, DeadLetterCause.NOT_FINITE, 1));
    }
  }

  @Test
  void notFinitePredictionFailsTheTaskWhenTheStepSaysSo() throws Exception {
    model.behave(FakeModel.answeringNaN());
    StepSettings strict = settings(1).withOnNan(OnNotFinite.FAIL);
    try (StepHarness step = new StepHarness(strict, model).open()) {
      step.send(1);
      assertThatThrownBy(step::runMail).hasMessageContaining("on-nan is fail");
    }
  }

  @Test
  void nullInputIsADeadLetterByDefault() throws Exception {
    try (StepHarness step = new StepHarness(settings(3), model).open()) {
      step.send(1, StepHarness.NULL, 3);
      step.awaitOutput(2);
      assertThat(step.output()).isEqualTo(scored(1, 3));
      assertThat(step.deadLetters().get(0).cause()).isEqualTo(DeadLetterCause.NULL_INPUT);
      assertThat(step.deadLetters().get(0).message())
          .isEqualTo("input 'id': null (expected: a value)");
    }
  }

  @Test
  void nullInputPassesUnscoredWhenTheStepSaysSo() throws Exception {
    StepSettings skip = settings(3).withNullInput(OnNullInput.SKIP);
    try (StepHarness step = new StepHarness(skip, model).open()) {
      step.send(1, StepHarness.NULL, 3);
      step.awaitOutput(3);
      assertThat(step.output()).containsExactly("1=1.0", "-1=unscored", "3=3.0");
    }
  }

  @Test
  void nullInputFailsTheTaskWhenTheStepSaysSo() throws Exception {
    StepSettings fail = settings(1).withNullInput(OnNullInput.FAIL);
    try (StepHarness step = new StepHarness(fail, model).open()) {
      step.send(StepHarness.NULL);
      assertThatThrownBy(step::runMail).hasMessageContaining("null-input is fail");
    }
  }

  @Test
  void recordsThatDoNotFitBecomeDeadLettersAndTheOthersAreScored() throws Exception {
    try (StepHarness step = new StepHarness(settings(4), model).open()) {
      step.send(StepHarness.UNFIT, 2, StepHarness.BUG, StepHarness.UNDECODABLE);
      step.awaitOutput(1);
      assertThat(step.output()).isEqualTo(scored(2));
      assertThat(step.deadLetters().stream().map(DeadLetter::cause))
          .containsExactly(DeadLetterCause.UNFIT, DeadLetterCause.UNFIT, DeadLetterCause.DECODE);
      assertThat(step.deadLetters().stream().map(DeadLetter::message))
          .containsExactly(
              "id: -2 (expected: >= 0)",
              "java.lang.IllegalStateException: a bug",
              "java.lang.IllegalStateException: no such label");
      assertThat(step.deadLetters().stream().map(DeadLetter::attempts)).containsExactly(0, 0, 1);
    }
  }

  @Test
  void batchOfUnfitRecordsCallsNoModel() throws Exception {
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(StepHarness.UNFIT, StepHarness.UNFIT);
      step.runMail();
      assertThat(step.deadLetters()).hasSize(2);
      assertThat(model.calls()).isEmpty();
    }
  }

  @Test
  void endOfInputLeavesABatchOfUnfitRecordsAsDeadLetters() throws Exception {
    try (StepHarness step = new StepHarness(settings(4), model).open()) {
      step.send(StepHarness.UNFIT, StepHarness.BUG);
      step.endInput();
      assertThat(step.deadLetters())
          .extracting(DeadLetter::record)
          .containsExactly(StepHarness.UNFIT, StepHarness.BUG);
      assertThat(step.output()).isEmpty();
      assertThat(model.calls()).isEmpty();
    }
  }

  /** A record too large for any batch. */
  @Test
  void recordLargerThanMaxBytesIsADeadLetterAndBatchesStayBelowIt() throws Exception {
    // The test's encoder counts as many bytes as the record's value.
    StepSettings bytes =
        StepSettings.defaults().withBatching(new BatchPolicy(100, 10, Duration.ofMillis(20), 1));
    try (StepHarness step = new StepHarness(bytes, model).open()) {
      step.send(4, 4, 11, 3, 10);
      step.endInput();
      assertThat(step.output()).isEqualTo(scored(4, 4, 3, 10));
      assertThat(model.calls().stream().map(FakeModel.Call::rows)).containsExactly(2, 1, 1);
      DeadLetter<Long> letter = step.deadLetters().get(0);
      assertThat(letter.cause()).isEqualTo(DeadLetterCause.TOO_LARGE);
      assertThat(letter.message()).isEqualTo("record: 11 bytes (expected: <= max-bytes, 10)");
    }
  }

  @Test
  void recordWhoseBytesCannotBeCountedIsADeadLetter() throws Exception {
    StepSettings bytes =
        StepSettings.defaults().withBatching(new BatchPolicy(100, 10, Duration.ofMillis(20), 1));
    try (StepHarness step = new StepHarness(bytes, model).open()) {
      step.send(1, StepHarness.BUG, 2);
      step.endInput();
      assertThat(step.output()).isEqualTo(scored(1, 2));
      assertThat(step.deadLetters())
          .extracting(DeadLetter::cause)
          .containsExactly(DeadLetterCause.UNFIT);
    }
  }

  @Test
  void severalRecordsAtFaultInOneBatchAreFound() throws Exception {
    model.behave(failingOn(Set.of(1L, 4L)));
    try (StepHarness step = new StepHarness(settings(4), model).open()) {
      step.send(1, 2, 3, 4);
      step.awaitOutput(2);
      assertThat(step.output()).isEqualTo(scored(2, 3));
    }
  }

  /**
   * The record's text, appended as its sign says: -9 appends and passes unscored, -8 twice, -7 not
   * at all, -6 and -5 before they fail.
   */
  private static boolean encodeText(Long record, ColumnBatch columns, int row) {
    byte[] text = "x".repeat((int) Math.abs(record)).getBytes(StandardCharsets.UTF_8);
    columns.strings(0).append(text, 0, text.length);
    if (record == -8) {
      columns.strings(0).append(text, 0, text.length);
    } else if (record == -7) {
      columns.truncate(row);
    } else if (record == -6) {
      throw new UnfitRecordException("text: none of these");
    } else if (record == -5) {
      throw new IllegalStateException("no such text");
    }
    return record != -9;
  }

  @Test
  void anEncoderThatAppendsOtherThanOneRowShiftsNoScore() throws Exception {
    FakeModel texts = new FakeModel(TEXTS);
    try (StepHarness step =
        new StepHarness(
                settings(11),
                texts,
                new FakeClock(),
                FaultTest::encodeText,
                new StepHarness.Decoder())
            .open()) {
      step.send(1, -9, 3, -8, -7, 4, -6, 5, -5, 2, 1);
      step.runMail();

      assertThat(step.output())
          .containsExactly("1=1.0", "-9=unscored", "3=3.0", "4=4.0", "5=5.0", "2=2.0", "1=1.0");
      assertThat(step.deadLetters())
          .extracting(DeadLetter::record, DeadLetter::cause)
          .containsExactly(
              tuple(-8L, DeadLetterCause.UNFIT),
              tuple(-7L, DeadLetterCause.UNFIT),
              tuple(-6L, DeadLetterCause.UNFIT),
              tuple(-5L, DeadLetterCause.UNFIT));
      assertThat(step.deadLetters().get(0).message())
          .contains("elements of column 'text': 4 (expected: 3, 1 for each row)");
    }
  }

  /** Says that it writes every element, and writes none. */
  private static final class SilentEncoder implements RecordEncoder<Long> {
    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      return true;
    }

    @Override
    public boolean writesEveryElement() {
      return true;
    }
  }

  @Test
  void anEncoderThatIsNotAsItSaysFailsTheTaskBeforeTheCall() throws Exception {
    FakeModel texts = new FakeModel(TEXTS);
    try (StepHarness step =
        new StepHarness(
                settings(2), texts, new FakeClock(), new SilentEncoder(), new StepHarness.Decoder())
            .open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail)
          .hasMessageContaining("elements of column 'text': 0 (expected: 2, 1 for each row)");
      assertThat(texts.calls()).isEmpty();
    }
  }

  /** Sets one of ten features, and for -4 another before it finds that the record does not fit. */
  private static boolean encodeOneHot(Long record, ColumnBatch columns, int row) {
    columns
        .fixedWidth(0)
        .setFloat(10 * row + (int) Math.abs(record) % 10, (float) Math.abs(record));
    if (record == -4) {
      throw new UnfitRecordException("id: -4 (expected: >= 0)");
    }
    return record >= 0;
  }

  @Test
  void anEncoderThatLeavesElementsUnsetIsRightInEveryBatch() throws Exception {
    FakeModel wide = FakeModel.ofFeatures(10);
    try (StepHarness step =
        new StepHarness(
                settings(3),
                wide,
                new FakeClock(),
                FaultTest::encodeOneHot,
                new StepHarness.Decoder())
            .open()) {
      step.send(1, 2, 3, 4, -3, 6, -4, 8, 9);
      step.awaitOutput(8);
      assertThat(step.output())
          .containsExactly(
              "1=1.0", "2=2.0", "3=3.0", "4=4.0", "-3=unscored", "6=6.0", "8=8.0", "9=9.0");
    }
  }

  @Test
  void aFailureThatEndsBetweenCallAndProofBlamesNoRecord() throws Exception {
    AtomicInteger left = new AtomicInteger(4);
    model.behave(
        (self, input, allocator) -> {
          if (FakeModel.sum(input, 0) != 0 && left.getAndDecrement() > 0) {
            throw new ModelCallException("out of sorts");
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(8), model).open()) {
      step.send(1, 2, 3, 4, 5, 6, 7, 8);
      step.awaitOutput(8);
      assertThat(step.output()).isEqualTo(scoredRange(1, 8));
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  private static final class RefusingDecoder implements PredictionDecoder<Long, String> {
    @Override
    public void begin(ColumnBatch outputs) {
      throw new IllegalStateException("no such output");
    }

    @Override
    public String decode(Long record, ColumnBatch outputs, int row) {
      return "never";
    }
  }

  @Test
  void aDecoderThatRefusesACallMakesDeadLettersWithoutFurtherCalls() throws Exception {
    try (StepHarness step =
        new StepHarness(
                settings(2),
                model,
                new FakeClock(),
                new StepHarness.Encoder(),
                new RefusingDecoder())
            .open()) {
      step.send(1, 2);
      step.runMail();
      assertThat(step.deadLetters())
          .extracting(DeadLetter::cause, DeadLetter::attempts)
          .containsExactly(tuple(DeadLetterCause.DECODE, 1), tuple(DeadLetterCause.DECODE, 1));
      assertThat(model.callSizes()).containsExactly(2);
    }
  }

  private static List<Arguments> answersOfAnotherSignature() {
    ColumnSpec score = new ColumnSpec("score", ElementType.FLOAT32, 1);
    return List.of(
        Arguments.of(
            List.of(new ColumnSpec("score", ElementType.INT64, 1)),
            "output 'score': 1 of int64 a row answered (expected: score float32"),
        Arguments.of(
            List.of(new ColumnSpec("score", ElementType.FLOAT32, 2)),
            "output 'score': 2 of float32 a row answered (expected: score float32"),
        Arguments.of(List.of(score, score), "2 outputs answered (expected: 1, as in its"));
  }

  @ParameterizedTest
  @MethodSource("answersOfAnotherSignature")
  void outputsThatAreNotTheSignaturesFailTheTask(List<ColumnSpec> answered, String problem)
      throws Exception {
    model.behave(
        (self, input, allocator) -> {
          ColumnBatch other = ColumnBatch.allocate(allocator, answered, input.rows());
          other.rows(input.rows());
          return other;
        });
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail).hasMessageContaining(problem);
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void aStepOfWhichEverythingBecomesADeadLetterFailsWithTheCause() throws Exception {
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(StepHarness.UNFIT, StepHarness.UNFIT, 1, StepHarness.UNFIT);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 300; i++) {
                  step.send(StepHarness.UNFIT);
                }
                step.endInput();
              })
          .isInstanceOf(InferenceException.class)
          .hasMessageContaining("became dead letters, one after another, the last for UNFIT")
          .hasMessageContaining("id: -2 (expected: >= 0)");
    }
  }

  @Test
  void fewBadRecordsInARowAreNoBrokenStep() throws Exception {
    try (StepHarness step = new StepHarness(settings(16), model).open()) {
      for (int i = 0; i < 5; i++) {
        step.send(StepHarness.UNFIT);
        step.advance(Duration.ofMillis(20));
        step.runMail();
      }
      assertThat(step.deadLetters()).hasSize(5);
    }
  }

  @Test
  void fewBadRecordsInARowAreNoBrokenStepOfSingleRecordsEither() throws Exception {
    try (StepHarness step = new StepHarness(settings(1), model).open()) {
      for (int i = 0; i < 50; i++) {
        step.send(StepHarness.UNFIT);
      }
      step.endInput();
      assertThat(step.deadLetters()).hasSize(50);
    }
  }

  @Test
  void aStepMayTurnEverythingIntoDeadLettersWhereItIsTold() throws Exception {
    try (StepHarness step = new StepHarness(settings(1).withDeadBatches(0), model).open()) {
      for (int i = 0; i < 300; i++) {
        step.send(StepHarness.UNFIT);
      }
      step.endInput();
      assertThat(step.deadLetters()).hasSize(300);
    }
  }

  @Test
  void aRecordWithoutMemoryTeachesNoSize() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          for (int row = 0; row < input.rows(); row++) {
            if (FakeModel.sum(input, row) == 11) {
              throw new ModelOutOfMemoryException("record 11 is huge");
            }
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(16), model).open()) {
      for (int record = 1; record <= 16; record++) {
        step.send(record);
      }
      step.awaitOutput(15);
      assertThat(step.deadLetters()).extracting(DeadLetter::record).containsExactly(11L);
      assertThat(step.metrics().gauge("sizeLimit")).isEqualTo(16);
    }
  }

  @Test
  void directMemoryThatEndsBeforeArrowsLimitHalvesToo() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() > 4) {
            throw new OutOfMemoryError("Cannot reserve 64 bytes of direct buffer memory");
          }
          return self.answer(input, allocator);
        });
    try (StepHarness step = new StepHarness(settings(16), model).open()) {
      for (int record = 1; record <= 16; record++) {
        step.send(record);
      }
      step.awaitOutput(16);
      assertThat(step.deadLetters()).isEmpty();
      assertThat(step.metrics().gauge("sizeLimit")).isEqualTo(4);
    }
  }

  @Test
  void directMemoryThatEndsWhileABatchIsEncodedHalvesToo() throws Exception {
    RecordEncoder<Long> encoder =
        (record, columns, row) -> {
          if (row >= 4) {
            throw new OutOfMemoryError("Cannot reserve 64 bytes of direct buffer memory");
          }
          columns.fixedWidth(0).setFloat(row, record);
          return true;
        };
    try (StepHarness step =
        new StepHarness(settings(16), model, new FakeClock(), encoder, new StepHarness.Decoder())
            .open()) {
      for (int record = 1; record <= 16; record++) {
        step.send(record);
      }
      step.runMail();
      assertThat(step.output()).isEqualTo(scoredRange(1, 16));
      assertThat(step.deadLetters()).isEmpty();
      assertThat(step.metrics().gauge("sizeLimit")).isEqualTo(4);
    }
  }

  @Test
  void aHeapThatIsFullFailsTheTask() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          if (input.rows() == 1) {
            return self.answer(input, allocator);
          }
          throw new OutOfMemoryError("Java heap space");
        });
    try (StepHarness step = new StepHarness(settings(2), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail).hasRootCauseInstanceOf(OutOfMemoryError.class);
    }
  }

  @Test
  void theProofOfHealthTakesNoMoreMemoryThanTheStepMay() throws Exception {
    // The model needs more for anything than a batch may take.
    model.behave(
        (self, input, allocator) -> {
          try (ArrowBuf scratch = allocator.buffer(1 << 20)) {
            return self.answer(input, allocator);
          }
        });
    try (StepHarness step = new StepHarness(settings(2).withMemoryBytes(4096), model).open()) {
      step.send(1, 2);
      assertThatThrownBy(step::runMail).hasMessageContaining("fails on its own warm-up sample");
      assertThat(step.deadLetters()).isEmpty();
    }
  }

  @Test
  void aFullBatchThatNoColumnHoldsFailsTheTaskAtOnce() throws Exception {
    FakeModel wide = FakeModel.ofFeatures(1024);
    try (StepHarness step = new StepHarness(settings(1 << 20), wide)) {
      assertThatThrownBy(step::open)
          .hasMessage(
              "step 'score', %s: max-size: 1048576 records of 4096 bytes in tensor 'features'"
                  + " (expected: below 2 GiB in all, at most 524287 records)",
              wide.version());
    }
    FakeModel answersWide =
        new FakeModel(
            new Signature(
                List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, 1)),
                List.of(TensorSpec.of("scores", ElementType.FLOAT32, -1, 1024))));
    try (StepHarness step = new StepHarness(settings(1 << 20), answersWide)) {
      assertThatThrownBy(step::open)
          .hasMessageContaining("1048576 records of 4096 bytes in tensor 'scores'");
    }
  }
}
