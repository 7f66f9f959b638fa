package io.tidemill.model.engine.pytorch;

import static io.tidemill.model.engine.TypedValues.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.ResidentMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PyTorchEnduranceITCase {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;

  @Test
  void servesEightThreadsAtOnce() throws Exception {
    Signature signature = TorchScripts.reverse(directory, ElementType.INT32);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Model model = Loading.load(directory, signature)) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int caller = i;
        callers.add(threads.submit(() -> callReverse(model, caller)));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void callReverse(Model model, int caller) {
    try (BufferAllocator allocator = ColumnMemory.child("caller " + caller, Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, model.signature().inputColumns(), 64)) {
      for (int call = 0; call < 500; call++) {
        int rows = 1 + (caller * 7 + call) % 64;
        int first = caller * 1_000_000 + call * 1_000;
        write(input, ElementType.INT32, rows, first);
        try (ColumnBatch output = model.predict(input, allocator)) {
          assertThat(output.rows()).isEqualTo(rows);
          for (int row = 0; row < rows; row++) {
            assertThat(output.fixedWidth(0).getInt(row * 3)).isEqualTo(first + row * 3 + 2);
          }
        }
      }
    }
  }

  /** A leaked kilobyte per call would be 50 MiB. */
  @Test
  void callsLeaveNoMemoryBehind() {
    Signature signature = TorchScripts.reverse(directory, ElementType.FLOAT64);
    try (Model model = Loading.load(directory, signature);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 100)) {
      call(model, input, allocator, 100);
      long arrow = allocator.getAllocatedMemory();

      ResidentMemory.assertGrowsLessThan(
          25 * MEBIBYTE, () -> call(model, input, allocator, 50_000));

      assertThat(allocator.getAllocatedMemory()).isEqualTo(arrow);
    }
  }

  private static void call(Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    for (int i = 0; i < times; i++) {
      input.rows(1 + i % 100);
      model.predict(input, allocator).close();
    }
  }

  /** A leaked kilobyte per call would be 10 MiB. */
  @Test
  void failedCallsLeaveNoMemoryBehind() {
    Signature signature = TorchScripts.lookup(directory);
    try (Model model = Loading.load(directory, signature);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 100)) {
      input.fixedWidth(0).setLong(0, 3);
      fail(model, input, allocator, 100);
      long arrow = allocator.getAllocatedMemory();

      ResidentMemory.assertGrowsLessThan(7 * MEBIBYTE, () -> fail(model, input, allocator, 10_000));

      assertThat(allocator.getAllocatedMemory()).isEqualTo(arrow);
    }
  }

  private static void fail(Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    int failed = 0;
    for (int i = 0; i < times; i++) {
      input.rows(100);
      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output).as("the answer to an index out of range").isNull();
      } catch (ModelCallException expected) {
        failed++;
      }
    }
    assertThat(failed).isEqualTo(times);
  }

  /** A model's weights are 4 MiB, so that 50 leaked ones would be 200 MiB. */
  @Test
  void loadsAndUnloadsWithoutLeaking() {
    Signature signature = TorchScripts.mlp(directory, 16_384);
    ResidentMemory.assertGrowsLessThan(100 * MEBIBYTE, () -> loadAndCall(signature, 50));
  }

  private void loadAndCall(Signature signature, int times) {
    for (int i = 0; i < times; i++) {
      try (Model model = Loading.load(directory, signature);
          BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
          ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 1)) {
        input.rows(1);
        model.predict(input, allocator).close();
      }
    }
  }
}
