package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.ModelSource;
import io.tidemill.model.loader.TaskContext;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A model whose calls are counted under a name. Its tasks are told of one GPU, as Flink would tell
 * them by its external resources, which a job inside one process has none of.
 */
record WatchedModel(ModelSource source, String name) implements ModelSource {
  private static final Map<String, Calls> CALLS = new ConcurrentHashMap<>();
  private static final List<String> ONE_GPU = List.of("0");

  /** What came of the calls so far. Thread-safe. */
  static final class Calls {
    private final AtomicInteger outOfMemory = new AtomicInteger();
    private final AtomicInteger mostRows = new AtomicInteger();
    private final AtomicInteger tasks = new AtomicInteger();
    private final Set<Integer> copies = ConcurrentHashMap.newKeySet();

    /** Calls that ran out of memory. */
    int outOfMemory() {
      return outOfMemory.get();
    }

    /** The most rows of a call that did not, since the last that did. */
    int mostRows() {
      return mostRows.get();
    }

    int tasks() {
      return tasks.get();
    }

    /** Loaded models that tasks were given. */
    int copies() {
      return copies.size();
    }
  }

  static Calls calls(String name) {
    return CALLS.computeIfAbsent(name, unused -> new Calls());
  }

  /** The same task, told of one GPU. */
  static TaskContext withOneGpu(TaskContext task) {
    return new TaskContext(task.subtask(), ONE_GPU, task.maxSize(), task.loadTimeout());
  }

  @Override
  public ModelVersion version() {
    return source.version();
  }

  @Override
  public Signature signature() {
    return source.signature();
  }

  @Override
  public ModelHandle open() {
    return source.open();
  }

  @Override
  public ModelHandle open(TaskContext task) {
    ModelHandle handle = source.open(withOneGpu(task));
    Calls calls = calls(name);
    calls.tasks.incrementAndGet();
    calls.copies.add(System.identityHashCode(handle.model()));
    return new ModelHandle(new Counted(handle.model(), calls), handle.gpu(), handle::close);
  }

  private record Counted(Model model, Calls calls) implements Model {
    @Override
    public ModelVersion version() {
      return model.version();
    }

    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
      try {
        ColumnBatch output = model.predict(input, allocator);
        calls.mostRows.accumulateAndGet(input.rows(), Math::max);
        return output;
      } catch (ModelOutOfMemoryException e) {
        calls.outOfMemory.incrementAndGet();
        calls.mostRows.set(0);
        throw e;
      }
    }

    @Override
    public void close() {}
  }
}
