package io.tidemill.inference.operator;

import static io.tidemill.inference.operator.StepHarness.scored;
import static io.tidemill.inference.operator.StepHarness.scoredRange;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.streaming.runtime.streamrecord.LatencyMarker;
import org.apache.flink.streaming.runtime.streamrecord.RecordAttributes;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, unit = TimeUnit.SECONDS)
class OrderTest {
  private final FakeModel model = FakeModel.ofFeatures(1);
  private final HeldCalls calls = new HeldCalls();

  private static StepSettings settings(int maxSize, int maxInFlight) {
    return StepSettings.defaults()
        .withBatching(new BatchPolicy(maxSize, Long.MAX_VALUE, Duration.ofMillis(20), maxInFlight))
        .withWorkers(maxInFlight);
  }

  @Test
  void emitsInInputOrderThoughALaterBatchEndsFirst() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(2, 2), model).open()) {
      step.send(1, 2, 3, 4);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      HeldCalls.Call first = one.first() == 1 ? one : other;
      HeldCalls.Call second = first == one ? other : one;

      second.answer();
      step.runMail();
      assertThat(step.output()).isEmpty();

      first.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(1, 2, 3, 4));
    }
  }

  @Test
  void aDeadLetterWaitsForTheBatchesBeforeIt() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(2, 2), model).open()) {
      step.send(1, 2, StepHarness.UNFIT, 4);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      HeldCalls.Call first = one.first() == 1 ? one : other;
      HeldCalls.Call second = first == one ? other : one;

      second.answer();
      step.runMail();
      assertThat(step.deadLetters()).isEmpty();

      first.answer();
      step.runMail();
      assertThat(step.deadLetters()).hasSize(1);
      assertThat(step.output()).isEqualTo(scored(1, 2, 4));
    }
  }

  @Test
  void emitsACompleteBatchAtOnceWhenUnordered() throws Exception {
    model.behave(calls);
    try (StepHarness step =
        new StepHarness(settings(2, 2).withOrder(Order.UNORDERED), model).open()) {
      step.send(1, 2, 3, 4);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      HeldCalls.Call first = one.first() == 1 ? one : other;
      HeldCalls.Call second = first == one ? other : one;

      second.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(3, 4));

      first.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(3, 4, 1, 2));
    }
  }

  @Test
  void noRecordPassesAWatermarkWhenUnordered() throws Exception {
    model.behave(calls);
    try (StepHarness step =
        new StepHarness(settings(2, 3).withOrder(Order.UNORDERED), model).open()) {
      // The watermark stands inside the second batch.
      step.send(1, 2, 3);
      step.watermark(3);
      step.send(4, 5, 6);
      HeldCalls.Call[] byRecord = new HeldCalls.Call[7];
      for (int i = 0; i < 3; i++) {
        HeldCalls.Call call = calls.next();
        byRecord[(int) call.first()] = call;
      }

      byRecord[5].answer();
      step.runMail();
      assertThat(step.output()).isEmpty();

      byRecord[3].answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(3));

      byRecord[1].answer();
      step.runMail();
      assertThat(step.output())
          .containsExactly("3=3.0", "1=1.0", "2=2.0", "W3", "4=4.0", "5=5.0", "6=6.0");
    }
  }

  @Test
  void watermarkWaitsForTheRecordsBeforeIt() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(2, 2), model).open()) {
      step.send(1);
      step.watermark(1);
      step.send(2);
      step.watermark(2);
      assertThat(step.output()).isEmpty();

      calls.next().answer();
      step.runMail();
      assertThat(step.output()).containsExactly("1=1.0", "W1", "2=2.0", "W2");
    }
  }

  @Test
  void watermarkLeavesAtOnceWhenNothingIsBeforeIt() throws Exception {
    try (StepHarness step = new StepHarness(settings(2, 2), model).open()) {
      step.watermark(5);
      assertThat(step.output()).containsExactly("W5");
    }
  }

  @Test
  void ofWatermarksAtOnePlaceTheLastLeaves() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(1, 1), model).open()) {
      step.send(1);
      step.watermark(1);
      step.watermark(2);
      step.watermark(3);
      calls.next().answer();
      step.runMail();
      assertThat(step.output()).containsExactly("1=1.0", "W3");
    }
  }

  @Test
  void idleStatusKeepsItsPlaceBehindTheWatermarkBeforeIt() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(1, 1), model).open()) {
      step.send(1);
      step.watermark(1);
      step.status(WatermarkStatus.IDLE);
      step.status(WatermarkStatus.ACTIVE);
      assertThat(step.output()).isEmpty();
      calls.next().answer();
      step.runMail();
      assertThat(step.output()).containsExactly("1=1.0", "W1", "ACTIVE");
    }
  }

  @Test
  void latencyMarkersAndRecordAttributesDoNotWait() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(settings(1, 1), model).open()) {
      step.send(1);
      LatencyMarker marker = new LatencyMarker(7, new OperatorID(), 0);
      RecordAttributes attributes = new RecordAttributes(true);
      step.flink().getOneInputOperator().processLatencyMarker(marker);
      step.flink().processRecordAttributes(attributes);
      assertThat(step.flink().getOutput()).containsExactly(marker, attributes);
      calls.next().answer();
      step.runMail();
      assertThat(step.output()).last().isEqualTo("1=1.0");
    }
  }

  @Test
  void everyResultKeepsItsRecordsTimestamp() throws Exception {
    try (StepHarness step = new StepHarness(settings(3, 1), model).open()) {
      step.flink().processElement(new StreamRecord<>(1L, 100));
      step.flink().processElement(new StreamRecord<>(2L));
      step.flink().processElement(new StreamRecord<>(3L, -5));
      step.awaitOutput(3);
      assertThat(step.timestamps()).containsExactly(100L, null, -5L);
    }
  }

  @Test
  void endOfInputScoresTheOpenBatchAndReleasesTheLastWatermark() throws Exception {
    try (StepHarness step = new StepHarness(settings(100, 1), model).open()) {
      step.send(1, 2, 3);
      step.watermark(Long.MAX_VALUE);
      step.endInput();
      assertThat(step.output()).containsExactly("1=1.0", "2=2.0", "3=3.0", "W" + Long.MAX_VALUE);
      assertThat(model.calls()).hasSize(1);
    }
  }

  @Test
  void endOfInputWithoutRecordsCallsNothing() throws Exception {
    try (StepHarness step = new StepHarness(settings(100, 1), model).open()) {
      step.endInput();
      assertThat(model.calls()).isEmpty();
    }
  }

  @Test
  void oneMailPerBatch() throws Exception {
    try (StepHarness step = new StepHarness(settings(50, 2), model).open()) {
      for (int i = 1; i <= 100; i++) {
        step.send(i);
      }
      step.runMail();
      step.runMail();
      assertThat(step.output()).isEqualTo(scoredRange(1, 100));
    }
  }

  @Test
  void recordsThatAreNotScoredKeepTheirPlace() throws Exception {
    try (StepHarness step = new StepHarness(settings(3, 1), model).open()) {
      step.send(1, StepHarness.SKIPPED, 3);
      step.awaitOutput(3);
      assertThat(step.output()).containsExactly("1=1.0", "-3=unscored", "3=3.0");
      assertThat(List.copyOf(model.calls()).get(0).rows()).isEqualTo(2);
    }
  }
}
