package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.golden.Sample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RetriesTest {
  @RegisterExtension final CountingAllocator memory = new CountingAllocator();

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final Pauses pauses = new Pauses();

  /** Pauses that end at once. */
  private static final class Pauses implements Retries.Pause {
    private final List<Duration> slept = new ArrayList<>();
    private double jitter = 1;
    private boolean interrupted;

    @Override
    public double jitter() {
      return jitter;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      slept.add(duration);
      if (interrupted) {
        throw new InterruptedException();
      }
    }
  }

  private static FakeModel.Behaviour failingFirst(
      int failures, Supplier<? extends RuntimeException> failure) {
    AtomicInteger left = new AtomicInteger(failures);
    return (self, input, allocator) -> {
      if (left.getAndDecrement() > 0) {
        throw failure.get();
      }
      return self.answer(input, allocator);
    };
  }

  private static StoreUnavailableException away() {
    return new StoreUnavailableException("service is away");
  }

  private int rowsOf(Model called) {
    try (ColumnBatch input = Sample.zeros(model.signature()).of(3, memory.get());
        ColumnBatch output = called.predict(input, memory.get())) {
      return output.rows();
    }
  }

  private Model retrying(Retries retries) {
    return retries.of(model, pauses);
  }

  @Test
  void answersOfTheFirstAttemptThatSucceeds() {
    model.behave(failingFirst(2, RetriesTest::away));

    assertThat(rowsOf(retrying(Retries.attempts(3)))).isEqualTo(3);
    assertThat(model.callSizes()).containsExactly(3, 3, 3);
  }

  @Test
  void throwsTheLastFailureWithTheEarlierOnesWhenEveryAttemptFails() {
    AtomicInteger count = new AtomicInteger();
    model.behave(
        FakeModel.failing(
            () -> new StoreUnavailableException("failure " + count.incrementAndGet())));

    assertThatThrownBy(() -> rowsOf(retrying(Retries.attempts(2))))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessage("failure 2")
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("failure 1"));
    assertThat(pauses.slept).hasSize(1);
  }

  @Test
  void pausesDoubleUpToTheLongestAndVaryByHalf() {
    Retries retries =
        Retries.attempts(6).withPauses(Duration.ofMillis(100), Duration.ofMillis(500));
    model.behave(FakeModel.failing(RetriesTest::away));

    assertThatThrownBy(() -> rowsOf(retrying(retries))).hasMessage("service is away");
    assertThat(pauses.slept.stream().map(Duration::toMillis))
        .containsExactly(100L, 200L, 400L, 500L, 500L);

    pauses.slept.clear();
    pauses.jitter = 0;
    assertThatThrownBy(() -> rowsOf(retrying(retries))).hasMessage("service is away");
    assertThat(pauses.slept.stream().map(Duration::toMillis))
        .containsExactly(50L, 100L, 200L, 250L, 250L);
  }

  @Test
  void outOfMemoryIsLeftToHalving() {
    model.behave(failingFirst(1, () -> new ModelOutOfMemoryException("no room")));

    assertThatThrownBy(() -> rowsOf(retrying(Retries.attempts(3))))
        .isInstanceOf(ModelOutOfMemoryException.class);
    assertThat(pauses.slept).isEmpty();
  }

  @Test
  void failuresThatStayAreNotTriedAgain() {
    model.behave(failingFirst(1, () -> new ModelCallException("bad record")));

    assertThatThrownBy(() -> rowsOf(retrying(Retries.attempts(3)))).hasMessage("bad record");
    assertThat(model.calls()).hasSize(1);
  }

  @Test
  void failuresAreChosenByTheUser() {
    model.behave(failingFirst(1, () -> new ModelCallException("connection reset")));
    Retries resets =
        Retries.attempts(2).after(e -> String.valueOf(e.getMessage()).contains("reset"));

    assertThat(rowsOf(retrying(resets))).isEqualTo(3);
  }

  @Test
  void interruptEndsTheAttemptsAndStays() {
    model.behave(FakeModel.failing(RetriesTest::away));
    pauses.interrupted = true;

    assertThatThrownBy(() -> rowsOf(retrying(Retries.attempts(9)))).hasMessage("service is away");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(model.calls()).hasSize(1);

    pauses.interrupted = false;
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> rowsOf(retrying(Retries.attempts(9)))).hasMessage("service is away");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(model.calls()).hasSize(2);
  }

  @Test
  void closingClosesTheModel() {
    Retries.attempts(2).of(model).close();

    assertThat(model.closed()).isTrue();
  }

  @Test
  void sourceTravelsAndItsHandleReleasesTheSharedModel() throws Exception {
    model.behave(failingFirst(1, RetriesTest::away));
    Retries atOnce = Retries.attempts(2).withPauses(Duration.ZERO, Duration.ZERO);
    ModelSource source = copied(atOnce.of(FakeModels.source(model)));

    assertThat(source.version()).isEqualTo(model.version());
    assertThat(source.signature()).isEqualTo(model.signature());
    try (ModelHandle handle = source.open()) {
      assertThat(rowsOf(handle.model())).isEqualTo(3);
      assertThat(model.openHandles()).isEqualTo(1);
    }
    assertThat(model.openHandles()).isZero();
    assertThat(model.closed()).isFalse();
  }

  @Test
  void refusesNoAttemptsAndPausesThatShrink() {
    assertThatThrownBy(() -> Retries.attempts(0)).hasMessage("attempts: 0 (expected: >= 1)");
    assertThatThrownBy(
            () -> Retries.attempts(1).withPauses(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessage("first pause: PT2S (expected: 0s to the longest pause, PT1S)");
  }

  private static ModelSource copied(ModelSource source) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(source);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (ModelSource) in.readObject();
    }
  }
}
