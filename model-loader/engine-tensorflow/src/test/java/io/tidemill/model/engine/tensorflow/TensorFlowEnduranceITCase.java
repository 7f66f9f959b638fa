package io.tidemill.model.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
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

class TensorFlowEnduranceITCase {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;

  @Test
  void servesTwoModelsFromManyThreadsAtOnce() throws Exception {
    Signature reverse = SavedModels.reverse(directory.resolve("reverse"), ElementType.INT32);
    Signature sums = SavedModels.twoByTwo(directory.resolve("sums"));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Model first = Loading.load(directory.resolve("reverse"), reverse);
        Model second = Loading.load(directory.resolve("sums"), sums)) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int caller = i;
        callers.add(
            threads.submit(
                () -> {
                  if (caller % 2 == 0) {
                    callReverse(first, caller);
                  } else {
                    callSums(second, caller);
                  }
                }));
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
        int rows = 1 + call % 64;
        for (int i = 0; i < rows * 3; i++) {
          input.fixedWidth(0).setInt(i, caller * 1_000_000 + call * 1_000 + i);
        }
        input.rows(rows);
        try (ColumnBatch output = model.predict(input, allocator)) {
          assertThat(output.rows()).isEqualTo(rows);
          assertThat(output.fixedWidth(0).getInt(0))
              .isEqualTo(caller * 1_000_000 + call * 1_000 + (rows - 1) * 3);
        }
      }
    }
  }

  private static void callSums(Model model, int caller) {
    try (BufferAllocator allocator = ColumnMemory.child("caller " + caller, Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, model.signature().inputColumns(), 1)) {
      for (int call = 0; call < 500; call++) {
        input.fixedWidth(0).setFloat(0, caller);
        input.fixedWidth(1).setFloat(0, call);
        input.rows(1);
        try (ColumnBatch output = model.predict(input, allocator)) {
          assertThat(output.fixedWidth(0).getFloat(0)).isEqualTo(caller + call);
          assertThat(output.fixedWidth(1).getFloat(0)).isEqualTo(caller * call);
        }
      }
    }
  }

  /** A model's weights are 4 MiB, so that 40 leaked ones would be 160 MiB. */
  @Test
  void loadsAndUnloadsWithoutLeaking() {
    Signature signature = SavedModels.mlp(directory, 16_384);

    ResidentMemory.assertGrowsLessThan(100 * MEBIBYTE, () -> loadAndCall(signature, 40));
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

  /** An output is 24 KiB, so that 10,000 leaked ones would be 240 MiB. */
  @Test
  void callsLeaveNoMemoryBehind() {
    Signature signature = SavedModels.reverse(directory, ElementType.FLOAT64);
    try (Model model = Loading.load(directory, signature);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 1_000)) {
      call(model, input, allocator, 10);
      long arrow = allocator.getAllocatedMemory();

      ResidentMemory.assertGrowsLessThan(
          100 * MEBIBYTE, () -> call(model, input, allocator, 10_000));

      assertThat(allocator.getAllocatedMemory()).isEqualTo(arrow);
    }
  }

  private static void call(Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    for (int i = 0; i < times; i++) {
      input.rows(1_000);
      model.predict(input, allocator).close();
    }
  }
}
