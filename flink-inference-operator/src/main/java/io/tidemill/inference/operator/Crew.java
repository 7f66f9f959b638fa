package io.tidemill.inference.operator;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.loader.GpuUse;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.TaskContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.InstantiationUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one subtask has of its process from opening to closing: a handle to the model, Arrow's
 * memory, and the workers, who let go of both.
 *
 * <p>Used by one thread at a time; whoever hands it over publishes it.
 */
final class Crew<T, R> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Crew.class);

  // As Flink's own GPU driver has them.
  static final String GPU = "gpu";

  private static final String GPU_INDEX = "index";
  private static final Duration PATIENCE_AT_CLOSE = Duration.ofSeconds(10);

  private final Workers<T, R> workers;
  private final BufferAllocator allocator;
  private final DirectMemory.Promise promise;
  private final Optional<GpuUse> gpu;

  private Crew(
      Workers<T, R> workers,
      BufferAllocator allocator,
      DirectMemory.Promise promise,
      Optional<GpuUse> gpu) {
    this.workers = workers;
    this.allocator = allocator;
    this.promise = promise;
    this.gpu = gpu;
  }

  /**
   * The subtask.
   *
   * @param gpus of its TaskManager
   * @param loader of users' classes
   */
  record Subtask(int index, Iterable<ExternalResourceInfo> gpus, ClassLoader loader) {
    TaskContext context(StepSettings settings) {
      List<String> indexes =
          StreamSupport.stream(gpus.spliterator(), false)
              .map(gpu -> gpu.getProperty(GPU_INDEX).orElse("without an index"))
              .toList();
      return new TaskContext(
          index, indexes, settings.batching().maxSize(), settings.timeouts().load());
    }
  }

  /**
   * Loads the model and starts the workers. Blocks while the model is fetched and loaded.
   *
   * @param place of the calls
   * @param taskEnds whether Flink ends the task, so that an interruption of its thread is Flink's
   * @throws InferenceException if the step's memory cannot be enough
   */
  static <T, R> Crew<T, R> hire(
      Scoring<T, R> scoring,
      NanoClock clock,
      Subtask subtask,
      CallPlace place,
      BooleanSupplier taskEnds,
      Workers.Completions<T, R> completions)
      throws Exception {
    Step step = scoring.step();
    StepSettings settings = scoring.settings();
    String name = step.id() + "-" + subtask.index();
    ModelHandle handle = scoring.source().open(subtask.context(settings));
    BufferAllocator allocator = null;
    List<Scorer<T, R>> scorers = new ArrayList<>();
    DirectMemory.Promise promise = null;
    Crew<T, R> crew;
    try {
      StepMemory memory = new StepMemory(step, handle.model().signature(), settings);
      memory.requireRoom();
      handle.gpu().ifPresent(memory::requireRoomOn);
      handle.gpu().flatMap(memory::doubtOf).map(step::about).ifPresent(LOG::warn);
      long most = settings.mostBytes(handle.model().signature().bytesPerRow());
      promise = DirectMemory.OF_PROCESS.promise(step, most);
      allocator = ColumnMemory.child(name, settings.memoryBytes());
      for (int i = 0; i < settings.batching().maxInFlight(); i++) {
        Scorer.Codec<T, R> codec =
            new Scorer.Codec<>(
                InstantiationUtil.clone(scoring.encoder(), subtask.loader()),
                InstantiationUtil.clone(scoring.decoder(), subtask.loader()));
        scorers.add(
            new Scorer<>(
                new ModelCalls(handle, memory, clock),
                codec,
                allocator.newChildAllocator(name + "-batch-" + i, 0, memory.batchBytes()),
                memory,
                clock));
      }
      crew =
          new Crew<>(
              new Workers<>(
                  name,
                  settings,
                  scorers,
                  place,
                  List.of(allocator, handle, promise),
                  Alarms.hold(),
                  taskEnds,
                  completions),
              allocator,
              promise,
              handle.gpu());
    } catch (Throwable e) {
      List<@Nullable AutoCloseable> all = new ArrayList<>(scorers);
      Collections.addAll(all, allocator, handle, promise);
      IOUtils.closeAllQuietly(all);
      throw e;
    }
    try {
      crew.workers.start(work -> worker(work, subtask.loader()));
    } catch (Throwable e) {
      IOUtils.closeQuietly(crew);
      throw e;
    }
    return crew;
  }

  private static Thread worker(Runnable work, ClassLoader loader) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    thread.setContextClassLoader(loader);
    return thread;
  }

  Workers<T, R> workers() {
    return workers;
  }

  /** The GPU that the model is on; empty on the CPU. */
  Optional<GpuUse> gpu() {
    return gpu;
  }

  /** Of Arrow's memory, all batches in flight together. Any thread. */
  long arrowBytes() {
    return allocator.getAllocatedMemory();
  }

  /**
   * Ends the workers, who let go of model and memory; those in a call that hangs are left behind.
   *
   * @throws InferenceException if memory was still in use when the last of them ended
   */
  @Override
  public void close() {
    if (!workers.close(PATIENCE_AT_CLOSE.toMillis())) {
      promise.keepOnly(arrowBytes());
    }
  }
}
