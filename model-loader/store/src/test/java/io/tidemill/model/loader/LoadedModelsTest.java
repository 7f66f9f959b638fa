package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Device;
import io.tidemill.model.FakeGpu;
import io.tidemill.model.FakeModel;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.LoadingEngine;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.golden.GoldenRecorder;
import io.tidemill.model.golden.Samples;
import io.tidemill.model.store.cache.CachedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.OutOfMemoryException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class LoadedModelsTest {
  private static final int THREADS = 8;
  private static final Signature SIGNATURE = FakeModel.ofFeatures(2).signature();
  private static final ModelVersion VERSION = FakeModel.version("fraud", "1.4.2");
  private static final Placement GPU = Placement.on(Device.parse("gpu"));

  private final FakeEngine engine = new FakeEngine();
  private final FakeGpu gpu = new FakeGpu(900);
  private final LoadedModels loaded =
      new LoadedModels(
          name -> engine, onto -> onto.equals(Device.CPU) ? Optional.empty() : Optional.of(gpu));
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  /** Loads fake models, once it may. */
  private static final class FakeEngine implements LoadingEngine {
    final List<FakeModel> models = new CopyOnWriteArrayList<>();
    volatile CountDownLatch gate = new CountDownLatch(0);
    volatile FakeModel.Behaviour behaviour = FakeModel::answer;
    volatile boolean failing;
    volatile Runnable whileLoading = () -> {};
    final Semaphore loading = new Semaphore(0);

    @Override
    public Model load(
        ModelVersion version, Signature signature, Path directory, Placement placement) {
      CountDownLatch mine = gate;
      loading.release();
      try {
        mine.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      whileLoading.run();
      FakeModel model = new FakeModel(version, signature).behave(behaviour);
      models.add(model);
      if (failing) {
        throw new InvalidModelException("not a model");
      }
      return model;
    }
  }

  @AfterEach
  void endThreads() throws Exception {
    threads.shutdownNow();
    assertThat(threads.awaitTermination(300, TimeUnit.SECONDS)).isTrue();
  }

  private ModelHandle open() {
    return open(VERSION, Placement.CPU);
  }

  private ModelHandle open(ModelVersion version, Placement placement) {
    LoadRequest request = new LoadRequest(version, "fake", SIGNATURE, placement);
    return open(request, 1, Path.of("files"));
  }

  private ModelHandle open(LoadRequest request, int maxSize, Path files) {
    TaskContext task = new TaskContext(0, List.of(), maxSize);
    return loaded.open(request, task, () -> CachedModel.outside(files));
  }

  private ModelHandle openAhead() {
    return loaded.openAhead(
        new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU),
        new TaskContext(0, List.of(), 1),
        () -> CachedModel.outside(Path.of("files")));
  }

  private List<Future<ModelHandle>> openOnEveryThread() {
    List<Future<ModelHandle>> handles = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      handles.add(threads.submit(() -> open()));
    }
    return handles;
  }

  @Test
  void whatAModelTakesOfItsGpuIsMeasuredWhenItIsLoadedAndHasScored() {
    engine.whileLoading = () -> gpu.free(600);
    engine.behaviour =
        (model, input, allocator) -> {
          gpu.free(550);
          return model.answer(input, allocator);
        };

    try (ModelHandle handle = open(VERSION, GPU)) {
      GpuUse use = handle.gpu().orElseThrow();
      assertThat(use.gpu()).isSameAs(gpu);
      assertThat(use.modelBytes()).isEqualTo(900 - 550);
      assertThat(use.leftBytes()).as("of which its calls can take").isEqualTo(600);
    }
  }

  @Test
  void aModelOnTheCpuTakesNothingOfAGpu() {
    try (ModelHandle handle = open()) {
      assertThat(handle.gpu()).isEmpty();
    }
  }

  @Test
  void aLoadWithoutMemorySaysWhatTheGpuHad(@TempDir Path files) {
    engine.whileLoading =
        () -> {
          throw new ModelOutOfMemoryException("fraud:1.4.2: the engine ran out of memory");
        };

    assertThatThrownBy(() -> open(new LoadRequest(VERSION, "fake", SIGNATURE, GPU), 1, files))
        .isInstanceOf(ModelOutOfMemoryException.class)
        .hasMessage(
            "fraud:1.4.2: the engine ran out of memory; gpu:1 (Fake 1000) had 900 of 1000 bytes free before the model was loaded");
  }

  @Test
  void aFirstCallWithoutMemorySaysWhatTheGpuHad(@TempDir Path folder) {
    engine.behaviour =
        FakeModel.failing(() -> new ModelOutOfMemoryException("fraud:1.4.2: no memory in a call"));

    assertThatThrownBy(() -> open(new LoadRequest(VERSION, "fake", SIGNATURE, GPU), 1, folder))
        .isInstanceOf(ModelOutOfMemoryException.class)
        .hasMessageStartingWith("fraud:1.4.2: no memory in a call; gpu:1 (Fake 1000) had 900 of");
  }

  @Test
  void eightThreadsThatAskAtOnceShareOneLoad() throws Exception {
    engine.gate = new CountDownLatch(1);
    List<Future<ModelHandle>> handles = openOnEveryThread();

    engine.gate.countDown();

    Set<Model> models = new HashSet<>();
    for (Future<ModelHandle> handle : handles) {
      models.add(handle.get().model());
    }
    assertThat(models).hasSize(1);
    assertThat(engine.models).hasSize(1);
  }

  @Test
  void aLoadThatItsTaskGivesUpIsMadeAnewForThoseThatWaited() throws Exception {
    engine.gate = new CountDownLatch(1);
    Future<ModelHandle> hasty = threads.submit(() -> open());
    engine.loading.acquire();
    Future<ModelHandle> patient = threads.submit(() -> open());
    while (loadsThatWait() < 2) {
      Thread.onSpinWait();
    }

    engine.gate = new CountDownLatch(0);
    hasty.cancel(true);

    try (ModelHandle handle = patient.get()) {
      assertThat(handle.model()).isSameAs(engine.models.get(0));
    }
  }

  private static long loadsThatWait() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("tidemill-load"))
        .filter(thread -> thread.getState() == Thread.State.WAITING)
        .count();
  }

  @Test
  void theLastHandleUnloads() {
    ModelHandle first = open();
    ModelHandle second = open();
    FakeModel model = engine.models.get(0);

    first.close();
    assertThat(model.closed()).isFalse();
    second.close();
    assertThat(model.closed()).isTrue();
  }

  @Test
  void aVersionThatWasLoadedAheadIsTheFirstTasksAndIsUnloadedWithIt() {
    ModelHandle ahead = openAhead();

    ModelHandle first = open();

    assertThat(engine.models).hasSize(1);
    assertThatThrownBy(ahead::model).isInstanceOf(IllegalStateException.class);
    first.close();
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aVersionThatWasLoadedAheadTwiceWaitsForItsTask() {
    openAhead();
    openAhead();

    assertThat(engine.models).hasSize(1);
    assertThat(engine.models.get(0).closed()).isFalse();
    ModelHandle first = open();
    assertThat(engine.models).hasSize(1);
    first.close();
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aVersionThatATaskHasIsNotKeptByOneThatLoadsAhead() {
    ModelHandle first = open();
    openAhead();

    first.close();

    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aTaskThatAsksWhileAVersionIsLoadedAheadSharesTheLoad() throws Exception {
    engine.gate = new CountDownLatch(1);
    Future<ModelHandle> ahead = threads.submit(() -> openAhead());
    engine.loading.acquire();
    Future<ModelHandle> task = threads.submit(() -> open());
    while (loadsThatWait() < 2) {
      Thread.onSpinWait();
    }
    engine.gate.countDown();

    ModelHandle ofTask = task.get();
    ahead.get();

    assertThat(engine.models).hasSize(1);
    assertThat(engine.models.get(0).closed()).isFalse();
    ofTask.close();
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aVersionThatWasLoadedAheadForNoTaskIsUnloadedWithItsHandle() {
    openAhead().close();

    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aHandleClosedTwiceCountsOnce() {
    ModelHandle first = open();
    ModelHandle second = open();

    first.close();
    first.close();

    assertThat(second.model()).isSameAs(engine.models.get(0));
    assertThat(engine.models.get(0).closed()).isFalse();
  }

  @Test
  void aVersionThatWasUnloadedIsLoadedAnew() {
    open().close();

    try (ModelHandle handle = open()) {
      assertThat(handle.model()).isSameAs(engine.models.get(1));
    }
  }

  @Test
  void aDeviceHasItsOwnCopy() {
    try (ModelHandle cpu = open();
        ModelHandle gpu = open(VERSION, GPU)) {
      assertThat(cpu.model()).isNotSameAs(gpu.model());
    }
  }

  @Test
  void handlesThatSayOtherThreadsHaveAnotherCopy() {
    Placement two = Placement.CPU.withThreads(2);

    try (ModelHandle unsaid = open();
        ModelHandle first = open(VERSION, two);
        ModelHandle second = open(VERSION, two)) {
      assertThat(first.model()).isNotSameAs(unsaid.model()).isSameAs(second.model());
    }
  }

  @Test
  void versionsWithTheSameBytesKeepTheirNames() {
    ModelVersion same = FakeModel.version("fraud", "1.4.3");

    try (ModelHandle first = open();
        ModelHandle second = open(same, Placement.CPU)) {
      assertThat(first.model().version()).isEqualTo(VERSION);
      assertThat(second.model().version()).isEqualTo(same);
    }
  }

  @Test
  void aModelIsWarmedUpBeforeItIsGivenOut() {
    try (ModelHandle handle = open()) {
      assertThat(((FakeModel) handle.model()).callSizes()).containsExactly(1);
    }
  }

  @Test
  void aModelThatFailsOnItsOwnSampleIsUnloadedAndNotGivenOut(@TempDir Path folder)
      throws Exception {
    recordGolden(folder);
    engine.behaviour = FakeModel.failing(() -> new ModelCallException("broken"));
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    assertThatThrownBy(() -> open(request, 1, folder))
        .isInstanceOf(ModelCallException.class)
        .hasMessage("broken");
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aModelThatFailsOnMadeUpRowsIsGivenOutAndBlamedForNothing() {
    engine.behaviour = FakeModel.failing(() -> new ModelCallException("not a picture"));
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    try (ModelHandle handle = open(request, 64, Path.of("files"))) {
      assertThat(((FakeModel) handle.model()).callSizes()).containsExactly(64, 1);
      handle.proveHealthy(1 << 20);
      assertThat(((FakeModel) handle.model()).callSizes()).containsExactly(64, 1);
    }
  }

  @Test
  void aModelWithAnotherNumberOfRowsIsBrokenWhateverTheRows() {
    engine.behaviour = FakeModel.answeringRows(2);

    assertThatThrownBy(this::open).isInstanceOf(InvalidModelException.class);
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aModelWhoseRowsAreNotProvedToBeScoredAloneIsUnloadedAndNotGivenOut() {
    engine.behaviour = FakeModel.answeringNaN();
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE.inBatchesOf(4), Placement.CPU);

    assertThatThrownBy(() -> open(request, 4, Path.of("files")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("nothing proves that they do not change each other's answers");
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aModelIsWarmedUpWithTheCallsThatCameWithIt(@TempDir Path folder) throws Exception {
    new Samples(List.of(Map.of("features", List.of(1.5, 2))))
        .write(SIGNATURE, folder.resolve(Samples.FILE_NAME));
    engine.behaviour =
        (model, input, allocator) -> {
          if (input.fixedWidth(0).getFloat(0) != 1.5f) {
            throw new ModelCallException("only 1.5 is mine");
          }
          return model.answer(input, allocator);
        };
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    try (ModelHandle handle = open(request, 2, folder)) {
      assertThat(((FakeModel) handle.model()).callSizes()).containsExactly(2, 1);
      handle.proveHealthy(1 << 20);
    }
  }

  @Test
  void aModelThatFailsOnTheCallsThatCameWithItIsUnloadedAndNotGivenOut(@TempDir Path folder)
      throws Exception {
    new Samples(List.of(Map.of("features", List.of(1.5, 2))))
        .write(SIGNATURE, folder.resolve(Samples.FILE_NAME));
    engine.behaviour = FakeModel.failing(() -> new ModelCallException("not mine either"));
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    assertThatThrownBy(() -> open(request, 1, folder)).isInstanceOf(ModelCallException.class);
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aModelIsProvedHealthyOnARowOfItsGoldenFile(@TempDir Path folder) throws Exception {
    recordGolden(folder);
    engine.behaviour =
        (model, input, allocator) -> {
          if (input.fixedWidth(0).getFloat(0) == 0) {
            throw new ModelCallException("zeros are none of mine");
          }
          return model.answer(input, allocator);
        };
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    try (ModelHandle handle = open(request, 1, folder)) {
      handle.proveHealthy(1 << 20);
      engine.models.get(0).behave(FakeModel.failing(() -> new ModelCallException("broken")));
      assertThatThrownBy(() -> handle.proveHealthy(1 << 20)).hasMessage("broken");
    }
  }

  @Test
  void aProofOfHealthKeepsToTheMemoryOfItsStep() {
    try (ModelHandle handle = open()) {
      assertThatThrownBy(() -> handle.proveHealthy(1)).isInstanceOf(OutOfMemoryException.class);
    }
  }

  @Test
  void aFailedLoadFailsAllThatWaitAndTheNextTriesAgain() throws Exception {
    engine.gate = new CountDownLatch(1);
    engine.failing = true;
    List<Future<ModelHandle>> handles = openOnEveryThread();
    engine.gate.countDown();
    for (Future<ModelHandle> handle : handles) {
      assertThatThrownBy(handle::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(InvalidModelException.class)
          .hasMessage("not a model");
    }

    engine.failing = false;
    try (ModelHandle handle = open()) {
      assertThat(handle.model().version()).isEqualTo(VERSION);
    }
  }

  @Test
  void oneLoadDoesNotHoldUpAnother() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    engine.gate = gate;
    Future<ModelHandle> slow = threads.submit(() -> open());
    engine.loading.acquire();
    engine.gate = new CountDownLatch(0);

    try (ModelHandle other = open(FakeModel.version("churn", "1.0.0"), Placement.CPU)) {
      assertThat(other.model().version().name()).isEqualTo("churn");
    }
    gate.countDown();
    slow.get().close();
  }

  @Test
  void openingAndClosingFromManyThreadsNeverGivesOutAClosedModel() throws Exception {
    List<Future<Integer>> results = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      results.add(
          threads.submit(
              () -> {
                int closed = 0;
                for (int round = 0; round < 500; round++) {
                  try (ModelHandle handle = open()) {
                    closed += ((FakeModel) handle.model()).closed() ? 1 : 0;
                  }
                }
                return closed;
              }));
    }

    for (Future<Integer> result : results) {
      assertThat(result.get()).isZero();
    }
    assertThat(engine.models).allMatch(FakeModel::closed);
  }

  @Test
  void aVersionIsWarmedUpForTheSizesOfItsTasksTheLargestFirst(@TempDir Path folder) {
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    try (ModelHandle first = open(request, 4, folder);
        ModelHandle second = open(request, 8, folder)) {
      assertThat(first.model()).isSameAs(second.model());
      assertThat(engine.models.get(0).callSizes()).containsExactly(4, 2, 1, 8);
    }
  }

  @Test
  void aVersionThatFailsItsWarmUpForATaskIsUnloadedByIt(@TempDir Path folder) {
    engine.behaviour =
        (model, input, allocator) -> {
          if (input.rows() > 1) {
            throw new ModelCallException("a batch of 1 only");
          }
          return model.answer(input, allocator);
        };
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    assertThatThrownBy(() -> open(request, 2, folder)).isInstanceOf(ModelCallException.class);
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  @Test
  void aVersionThatAnswersAsItsGoldenFileSaysIsGivenOut(@TempDir Path folder) throws Exception {
    recordGolden(folder);
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    try (ModelHandle handle = open(request, 2, folder)) {
      assertThat(((FakeModel) handle.model()).callSizes()).containsExactly(2, 3);
    }
  }

  @Test
  void aVersionThatAnswersOtherwiseIsUnloadedAndNotGivenOut(@TempDir Path folder) throws Exception {
    recordGolden(folder);
    engine.behaviour = FakeModel.answeringNaN();
    LoadRequest request = new LoadRequest(VERSION, "fake", SIGNATURE, Placement.CPU);

    assertThatThrownBy(() -> open(request, 2, folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: golden.arrow: 3 of 3 rows differ, most in row ");
    assertThat(engine.models.get(0).closed()).isTrue();
  }

  private static void recordGolden(Path folder) throws IOException {
    FakeModel right = new FakeModel(VERSION, SIGNATURE);
    new GoldenRecorder(right).record(folder.resolve(Golden.FILE_NAME), 3, new Random(3));
  }

  @Test
  void refusesADeviceThatNoTaskHasChosen() {
    assertThatThrownBy(() -> open(VERSION, Placement.on(Device.GPU_AUTO)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("fraud:1.4.2: device gpu:auto (expected: one that a task has chosen)");
  }
}
