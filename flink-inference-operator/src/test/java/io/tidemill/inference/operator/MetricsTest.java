package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.columnar.ColumnBatch;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The values of every metric that docs/metrics.md describes. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class MetricsTest {
  private final FakeModel model = FakeModel.ofFeatures(1);

  private static StepSettings settings(int maxSize, long maxBytes, int maxInFlight) {
    return StepSettings.defaults()
        .withBatching(new BatchPolicy(maxSize, maxBytes, Duration.ofMillis(20), maxInFlight));
  }

  @Test
  void batchesAreCountedByCauseSizeAndWait() throws Exception {
    try (StepHarness step = new StepHarness(settings(4, 100, 2), model).open()) {
      RecordedMetrics metrics = step.metrics();
      assertThat(metrics.gauge("fill")).isEqualTo(0.0);

      step.send(1, 2, 3, 4);
      step.runMail();
      step.send(60);
      step.send(50); // 110 bytes are too many for one batch.
      step.runMail();
      step.advance(Duration.ofMillis(20));
      step.runMail();
      step.send(5, 6);
      step.endInput();

      assertThat(metrics.counter("records")).isEqualTo(8);
      assertThat(metrics.counter("batches")).isEqualTo(4);
      for (CloseCause cause : CloseCause.values()) {
        String label = cause.name().toLowerCase(Locale.ROOT);
        assertThat(metrics.counter("closed{" + label + "}"))
            .as(label)
            .isEqualTo(cause == CloseCause.TOGETHER || cause == CloseCause.ALL_WAITING ? 0 : 1);
      }
      assertThat(metrics.histogram("batchSize").getStatistics().getValues())
          .containsExactlyInAnyOrder(4, 1, 1, 2);
      assertThat(metrics.counter("batchSizeBucket{1}")).isEqualTo(2);
      assertThat(metrics.counter("batchSizeBucket{2}")).isEqualTo(3);
      assertThat(metrics.counter("batchSizeBucket{4}")).isEqualTo(4);
      assertThat(metrics.gauge("fill")).isEqualTo(0.5);
      assertThat(metrics.counter("queueWaitNanos")).isEqualTo(Duration.ofMillis(20).toNanos());
      assertThat(metrics.histogram("queueWaitMicros").getStatistics().getMax()).isEqualTo(20_000);
      assertThat(metrics.counter("modelCalls")).isEqualTo(4);
      assertThat(metrics.counter("extraCalls")).isZero();
      assertThat(metrics.counter("backPressuredNanos")).isZero();
    }
  }

  @Test
  void oneOfSoManyBatchesIsASpan() throws Exception {
    StepSettings traced = settings(2, 100, 1).withTraceEvery(3);
    try (StepHarness step = new StepHarness(traced, model).open()) {
      for (int batch = 0; batch < 6; batch++) {
        step.send(1);
        step.advance(Duration.ofMillis(4));
        step.send(2);
        step.runMail();
      }
      awaitSpans(step, 2);

      assertThat(step.metrics().spans())
          .hasSize(2)
          .allSatisfy(
              span -> {
                assertThat(span.getName()).isEqualTo("Batch");
                assertThat(span.getEndTsMillis() - span.getStartTsMillis()).isEqualTo(4);
                assertThat(span.getAttributes())
                    .containsEntry("<step>", "score")
                    .containsEntry("<model>", "fake")
                    .containsEntry("<version>", "1.0.0")
                    .containsEntry("records", 2L)
                    .containsEntry("closed", "size")
                    .containsEntry("queueWaitNanos", 4_000_000L)
                    .containsEntry("modelCalls", 1L)
                    .containsKeys("batch", "encodeNanos", "modelNanos", "decodeNanos");
              });
      assertThat(step.metrics().spans())
          .extracting(span -> span.getAttributes().get("batch"))
          .containsExactly(3L, 6L);
    }
  }

  private static void awaitSpans(StepHarness step, int count) {
    while (step.metrics().spans().size() < count) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aReporterOfSpansThatHangsHoldsUpNoResult() throws Exception {
    CompletableFuture<Void> gate =
        new CompletableFuture<Void>().completeOnTimeout(null, 20, TimeUnit.SECONDS);
    CountDownLatch reporting = new CountDownLatch(1);
    StepHarness step = new StepHarness(settings(1, 100, 1).withTraceEvery(1), model).open();
    step.metrics()
        .onSpan(
            () -> {
              reporting.countDown();
              gate.join();
            });
    step.send(1);
    step.runMail();
    reporting.await();
    step.send(2);
    step.runMail();

    assertThat(step.output()).isEqualTo(StepHarness.scored(1, 2));
    assertThat(step.metrics().spans()).isEmpty();
    gate.complete(null);
    awaitSpans(step, 2);
    step.close();
  }

  @Test
  void noBatchIsASpanUnlessToldSo() throws Exception {
    try (StepHarness step = new StepHarness(settings(1, 100, 1), model).open()) {
      step.send(1);
      step.runMail();

      assertThat(step.metrics().spans()).isEmpty();
    }
  }

  @Test
  void deadLettersAreCountedByCauseAndHalvingByItsCalls() throws Exception {
    model.behave(MetricsTest::fault);
    StepSettings strict = settings(7, 100, 1).withOnNan(OnNotFinite.DEAD_LETTER);
    try (StepHarness step = new StepHarness(strict, model).open()) {
      RecordedMetrics metrics = step.metrics();
      assertThat(metrics.gauge("sizeLimit")).isEqualTo(7);

      step.send(StepHarness.NULL, StepHarness.UNFIT, StepHarness.UNDECODABLE, 7, 8, 9, 3);
      step.runMail();
      step.send(101);

      assertThat(step.output()).containsExactly("3=3.0");
      for (DeadLetterCause cause : DeadLetterCause.values()) {
        String label = cause.name().toLowerCase(Locale.ROOT);
        assertThat(metrics.counter("deadLetters{" + label + "}")).as(label).isEqualTo(1);
      }
      // The model also saw its warm-up sample, for each of the two records that it fails on.
      assertThat(metrics.counter("modelCalls")).isEqualTo(model.calls().size() - 2);
      assertThat(metrics.counter("extraCalls")).isEqualTo(metrics.counter("modelCalls") - 1);
      assertThat(metrics.gauge("sizeLimit")).as("one record taught no size").isEqualTo(7);
      assertThat(metrics.counter("records")).as("without the one too large").isEqualTo(7);
    }
  }

  private static ColumnBatch fault(FakeModel self, ColumnBatch input, BufferAllocator allocator) {
    ColumnBatch answer = self.answer(input, allocator);
    for (int row = 0; row < input.rows(); row++) {
      switch ((int) FakeModel.sum(input, row)) {
        case 7 -> {
          answer.close();
          throw new ModelCallException("bad record");
        }
        case 8 -> {
          answer.close();
          throw new ModelOutOfMemoryException("huge record");
        }
        case 9 -> answer.fixedWidth(0).setFloat(row, Float.POSITIVE_INFINITY);
        default -> {}
      }
    }
    return answer;
  }

  @Test
  void slotsMemoryAndWaitingAreSeenWhileTheModelIsSlow() throws Exception {
    HeldCalls calls = new HeldCalls();
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(2, Long.MAX_VALUE, 1), model).open()) {
      RecordedMetrics metrics = step.metrics();
      assertThat(metrics.gauge("inFlight")).isEqualTo(0);
      assertThat(metrics.gauge("arrowBytes")).isEqualTo(0L);

      step.send(1, 2, 3, 4);
      HeldCalls.Call first = calls.next();
      assertThat(metrics.gauge("inFlight")).isEqualTo(1);
      assertThat(metrics.gauge("arrowBytes").longValue()).isPositive();

      // The next record finds no room and waits in the mailbox, which ends the call 5 ms later.
      step.flink()
          .getTaskMailbox()
          .put(
              new Mail(
                  () -> {
                    step.clock().advance(Duration.ofMillis(5));
                    first.answer();
                  },
                  0,
                  "end of the first call"));
      step.send(5);
      assertThat(metrics.counter("backPressuredNanos")).isEqualTo(Duration.ofMillis(5).toNanos());
      assertThat(metrics.counter("modelNanos")).isEqualTo(Duration.ofMillis(5).toNanos());
      assertThat(metrics.histogram("modelMicros").getStatistics().getMax()).isEqualTo(5_000);

      calls.next().answer();
      step.runMail();
      assertThat(metrics.gauge("inFlight")).isEqualTo(0);
      assertThat(metrics.gauge("abandonedWorkers")).isEqualTo(Workers.abandoned());
      assertThat(metrics.gauge("abandonedLoads")).isEqualTo(0);
    }
  }

  @Test
  void callsOfTheTaskThreadAreCounted() throws Exception {
    try (StepHarness step =
        new StepHarness(settings(2, Long.MAX_VALUE, 2), model).callingHere().open()) {
      step.send(1, 2, 3, 4);
      step.callingInWorkers();
      step.send(5, 6);
      step.runMail();

      assertThat(step.metrics().counter("taskThreadCalls")).isEqualTo(2);
      assertThat(step.metrics().counter("modelCalls")).isEqualTo(3);
      assertThat(step.metrics().gauge("inFlight")).isEqualTo(0);
    }
  }

  @Test
  void theLargestBucketIsMaxSizeThoughItIsNoPowerOfTwo() throws Exception {
    try (StepHarness step = new StepHarness(settings(7, Long.MAX_VALUE, 1), model).open()) {
      RecordedMetrics metrics = step.metrics();
      assertThat(metrics.names().stream().filter(name -> name.startsWith("batchSizeBucket")))
          .containsExactlyInAnyOrder(
              "batchSizeBucket{1}",
              "batchSizeBucket{2}", "batchSizeBucket{4}", "batchSizeBucket{7}");

      step.send(1, 2, 3, 4, 5, 6, 7);
      assertThat(metrics.counter("batchSizeBucket{4}")).isZero();
      assertThat(metrics.counter("batchSizeBucket{7}")).isEqualTo(1);
    }
  }

  private record SlowEncoder(FakeClock clock) implements RecordEncoder<Long> {
    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      clock.advance(Duration.ofMillis(3));
      columns.fixedWidth(0).setFloat(row, record);
      return true;
    }
  }

  private record SlowDecoder(FakeClock clock) implements PredictionDecoder<Long, String> {
    @Override
    public void begin(ColumnBatch outputs) {
      clock.advance(Duration.ofMillis(5));
    }

    @Override
    public String decode(Long record, ColumnBatch outputs, int row) {
      clock.advance(Duration.ofMillis(7));
      return "scored";
    }
  }

  @Test
  void encodingAndDecodingAreTimed() throws Exception {
    FakeClock clock = new FakeClock();
    try (StepHarness step =
        new StepHarness(
                settings(2, Long.MAX_VALUE, 1),
                model,
                clock,
                new SlowEncoder(clock),
                new SlowDecoder(clock))
            .open()) {
      step.send(1, 2);
      step.runMail();

      RecordedMetrics metrics = step.metrics();
      assertThat(metrics.counter("encodeNanos")).isEqualTo(Duration.ofMillis(2 * 3).toNanos());
      assertThat(metrics.counter("modelNanos")).isZero();
      assertThat(metrics.counter("decodeNanos")).isEqualTo(Duration.ofMillis(5 + 2 * 7).toNanos());
    }
  }

  @Test
  void timesOfWorkersAreAddedUp() throws Exception {
    RecordedMetrics recorded = new RecordedMetrics();
    InferenceMetrics metrics =
        new InferenceMetrics(
            recorded.taskGroup().getOrAddOperator("score"), new Step("score", model.version()), 4);

    metrics.scored(new ScoreReport(1_000, 20_000, 300, 3, 0, 96, 32));
    metrics.scored(new ScoreReport(2_000, 40_000, 500, 1, 0, 64, 16));

    assertThat(recorded.counter("encodeNanos")).isEqualTo(3_000);
    assertThat(recorded.counter("modelNanos")).isEqualTo(60_000);
    assertThat(recorded.counter("decodeNanos")).isEqualTo(800);
    assertThat(recorded.counter("modelCalls")).isEqualTo(4);
    assertThat(recorded.counter("extraCalls")).isEqualTo(2);
    assertThat(recorded.histogram("modelMicros").getStatistics().getValues())
        .containsExactlyInAnyOrder(20, 40);
  }
}
