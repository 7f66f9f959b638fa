package io.tidemill.model.engine.lightgbm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.ResidentMemory;
import io.tidemill.model.engine.lightgbm.Boosters.Objective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LightGbmEnduranceITCase {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;

  @Test
  void answersEightThreadsAtOnceAsItAnswersOne() throws Exception {
    Boosters.train(directory, Objective.CLASSES).close();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Model model = Boosters.load(directory, Boosters.TRIPLE)) {
      float[][] features = new float[64][];
      double[][] expected = new double[64][];
      for (int i = 0; i < 64; i++) {
        features[i] = Boosters.features(1 + i, i);
        expected[i] = predict(model, features[i]);
      }
      List<Future<?>> callers = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        int first = caller * 8;
        callers.add(
            threads.submit(
                () -> {
                  for (int call = 0; call < 500; call++) {
                    int which = (first + call) % 64;
                    assertThat(predict(model, features[which])).containsExactly(expected[which]);
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

  private static double[] predict(Model model, float[] features) {
    int rows = features.length / Boosters.FEATURES;
    try (BufferAllocator allocator = ColumnMemory.child("caller", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), rows)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator)) {
        double[] scores = new double[rows * 3];
        output.fixedWidth(0).getDoubles(0, scores, 0, scores.length);
        return scores;
      }
    }
  }

  /** A kilobyte lost in each call would be 50 MiB. */
  @Test
  void callsLeaveNoMemoryBehind() throws Exception {
    Boosters.train(directory, Objective.CLASSES).close();
    try (Model model = Boosters.load(directory, Boosters.TRIPLE);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, model.signature().inputColumns(), 32)) {
      call(model, input, allocator, 100);
      long arrow = allocator.getAllocatedMemory();

      ResidentMemory.assertGrowsLessThan(
          25 * MEBIBYTE, () -> call(model, input, allocator, 50_000));

      assertThat(allocator.getAllocatedMemory()).isEqualTo(arrow);
    }
  }

  private static void call(Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    for (int i = 0; i < times; i++) {
      input.rows(1 + i % 32);
      model.predict(input, allocator).close();
    }
  }

  /** A model is about 2 MiB, so that 30 leaked ones would be 60 MiB. */
  @Test
  void loadsAndUnloadsWithoutLeaking() throws Exception {
    Boosters.train(directory, Objective.REGRESSION, 300, "num_leaves=60").close();
    ResidentMemory.assertGrowsLessThan(25 * MEBIBYTE, () -> loadAndClose(30));
  }

  private void loadAndClose(int times) {
    for (int i = 0; i < times; i++) {
      Boosters.load(directory, Boosters.SINGLE).close();
    }
  }

  /**
   * Calls on 128 MiB of rows, and looks at how much memory the process had at most meanwhile: not
   * more than the 32 MiB of the result, which LightGBM writes where it lies.
   */
  @Test
  void readsTheColumnsWhereTheyAre() throws Exception {
    Boosters.train(directory, Objective.REGRESSION).close();
    int rows = 1 << 22;
    ColumnSpec spec = new ColumnSpec("features", ElementType.FLOAT32, Boosters.FEATURES);
    try (Model model = Boosters.load(directory, Boosters.SINGLE);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.of(rows, List.of(FixedWidthColumn.allocate(allocator, spec, rows)))) {
      long rise = ResidentMemory.peakRise(() -> model.predict(input, allocator).close());

      assertThat(rise).isLessThan(64 * MEBIBYTE);
    }
  }
}
