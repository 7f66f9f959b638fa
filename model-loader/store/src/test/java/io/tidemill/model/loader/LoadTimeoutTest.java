package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.Model;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.LoadingEngine;
import io.tidemill.model.store.cache.CachedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class LoadTimeoutTest {
  private static final ModelVersion VERSION = FakeModel.version("fraud", "1.4.2");
  private static final Signature SIGNATURE = FakeModel.ofFeatures(2).signature();
  private static final LoadRequest REQUEST =
      new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);
  private static final Path FILES = Path.of("files");
  private static final TaskContext IMPATIENT =
      new TaskContext(0, List.of(), 1, Duration.ofMillis(100));

  /** Until then the thread is at the stage at which it hangs, on a slow machine too. */
  private static final TaskContext AT_ITS_STAGE =
      new TaskContext(0, List.of(), 1, Duration.ofSeconds(3));

  private final CountDownLatch gate = new CountDownLatch(1);
  private final List<FakeModel> models = new CopyOnWriteArrayList<>();
  private final LoadedModels loaded =
      new LoadedModels(name -> new Engine(), onto -> Optional.empty());
  private boolean loadHangs;
  private boolean warmUpHangs;

  private final class Engine implements LoadingEngine {
    @Override
    public Model load(
        ModelVersion version, Signature signature, Path directory, Placement placement) {
      if (loadHangs) {
        hang();
      }
      FakeModel model = new FakeModel(version, signature);
      models.add(model);
      return model.behave(
          (self, input, allocator) -> {
            if (warmUpHangs) {
              hang();
            }
            return self.answer(input, allocator);
          });
    }
  }

  /** Waits for the gate as native code does, which heeds no interrupt. */
  private void hang() {
    while (gate.getCount() > 0) {
      LockSupport.parkNanos(1_000_000);
      Thread.interrupted();
    }
  }

  private CachedModel files() {
    return CachedModel.outside(FILES);
  }

  private void awaitThreadsLeftBehind(int count) {
    while (loaded.threadsLeftBehind() != count) {
      Thread.onSpinWait();
    }
  }

  /** What is done but once in a process takes none of a load's time below. */
  @BeforeAll
  static void loadClasses() {
    LoadingEngine fake =
        (version, signature, files, placement) -> new FakeModel(version, signature);
    LoadedModels other = new LoadedModels(name -> fake, onto -> Optional.empty());
    other.open(REQUEST, new TaskContext(0, List.of(), 1), () -> CachedModel.outside(FILES)).close();
  }

  @AfterEach
  void letEveryThreadEnd() {
    gate.countDown();
    awaitThreadsLeftBehind(0);
  }

  @Test
  void namesTheModelAndTheStageOfAFetchThatDoesNotEnd() {
    assertThatThrownBy(
            () ->
                loaded.open(
                    REQUEST,
                    IMPATIENT,
                    () -> {
                      hang();
                      return files();
                    }))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: not ready on cpu within its load-timeout of PT0.1S, given up at stage 'fetch'")
        .satisfies(
            e -> assertThat(((ModelException) e).subject().model()).isEqualTo("fraud:1.4.2"));
  }

  @Test
  void namesTheStageOfALoadThatDoesNotEnd() {
    loadHangs = true;

    assertThatThrownBy(() -> loaded.open(REQUEST, AT_ITS_STAGE, this::files))
        .hasMessageContaining("given up at stage 'load'");
  }

  @Test
  void namesTheStageOfAWarmUpThatDoesNotEnd() {
    warmUpHangs = true;

    assertThatThrownBy(() -> loaded.open(REQUEST, AT_ITS_STAGE, this::files))
        .hasMessageContaining("given up at stage 'warm-up'");
  }

  @Test
  void namesTheStageOfTheLoadThatItWaitsFor() {
    warmUpHangs = true;
    assertThatThrownBy(() -> loaded.open(REQUEST, AT_ITS_STAGE, this::files))
        .isInstanceOf(UnavailableHereException.class);

    assertThatThrownBy(() -> loaded.open(REQUEST, AT_ITS_STAGE, this::files))
        .hasMessageContaining(
            "given up at stage 'waiting for another task's load, which is at warm-up'");
  }

  @Test
  void aLoadAheadThatHangsIsToldByItsTaskAndUnloadedOnceItEnds() {
    loadHangs = true;
    assertThatThrownBy(() -> loaded.openAhead(REQUEST, AT_ITS_STAGE, this::files))
        .isInstanceOf(UnavailableHereException.class);

    assertThatThrownBy(() -> loaded.open(REQUEST, AT_ITS_STAGE, this::files))
        .hasMessageContaining(
            "given up at stage 'waiting for another task's load, which is at load'");
    gate.countDown();
    awaitThreadsLeftBehind(0);
    assertThat(models).singleElement().matches(FakeModel::closed);
  }

  @Test
  void countsTheThreadThatIsLeftBehindUntilItEndsAndUnloadsWhatItLoaded() {
    loadHangs = true;

    assertThatThrownBy(() -> loaded.open(REQUEST, IMPATIENT, this::files))
        .isInstanceOf(UnavailableHereException.class);
    assertThat(loaded.threadsLeftBehind()).isEqualTo(1);

    gate.countDown();
    awaitThreadsLeftBehind(0);
    assertThat(models).singleElement().matches(FakeModel::closed);
  }

  @Test
  void tasksThatAskAgainLeaveNoFurtherThreadBehind() {
    loadHangs = true;

    for (int restart = 0; restart < 3; restart++) {
      assertThatThrownBy(() -> loaded.open(REQUEST, IMPATIENT, this::files))
          .isInstanceOf(UnavailableHereException.class);
    }

    // Those that only waited for the first one's load ended when they were interrupted.
    awaitThreadsLeftBehind(1);
  }

  @Test
  void aLaterTaskGetsTheModelOnceTheLoadEnds() {
    loadHangs = true;
    assertThatThrownBy(() -> loaded.open(REQUEST, IMPATIENT, this::files))
        .isInstanceOf(UnavailableHereException.class);

    gate.countDown();

    TaskContext patient = new TaskContext(0, List.of(), 1);
    try (ModelHandle handle = loaded.open(REQUEST, patient, this::files)) {
      assertThat(((FakeModel) handle.model()).closed()).isFalse();
    }
  }

  @Test
  void anInterruptEndsTheWaitAndStays() {
    loadHangs = true;
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> loaded.open(REQUEST, new TaskContext(0, List.of(), 1), this::files))
        .hasMessage("fraud:1.4.2 on cpu: interrupted while it was loaded");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void refusesNoTime() {
    assertThatThrownBy(() -> new TaskContext(0, List.of(), 1, Duration.ZERO))
        .hasMessage("load-timeout: PT0S (expected: > 0s)");
  }
}
