package io.tidemill.model.engine.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.ResidentMemory;
import io.tidemill.model.engine.xgboost.Boosters.Objective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XGBoostEnduranceITCase {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;

  @Test
  void answersEightThreadsAtOnceAsItAnswersOne() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.PROBABILITIES).dispose();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Model model = Boosters.load(directory, Boosters.TRIPLE)) {
      float[][] features = new float[64][];
      float[][] expected = new float[64][];
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

  private static float[] predict(Model model, float[] features) {
    int rows = features.length / Boosters.FEATURES;
    try (BufferAllocator allocator = ColumnMemory.child("caller", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), rows)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator)) {
        float[] scores = new float[rows * 3];
        output.fixedWidth(0).getFloats(0, scores, 0, scores.length);
        return scores;
      }
    }
  }

  /** A kilobyte lost in each call would be 50 MiB. */
  @Test
  void callsLeaveNoMemoryBehind() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.PROBABILITIES).dispose();
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

  /** A model is about 2 MiB, so that 100 leaked ones would be 200 MiB. */
  @Test
  void loadsAndUnloadsWithoutLeaking() throws Exception {
    Boosters.train(directory, "model.ubj", Map.of("max_depth", 10, "num_parallel_tree", 30))
        .dispose();

    ResidentMemory.assertGrowsLessThan(50 * MEBIBYTE, () -> loadAndClose(100));
  }

  private void loadAndClose(int times) {
    for (int i = 0; i < times; i++) {
      Boosters.load(directory, Boosters.SINGLE).close();
    }
  }

  /**
   * Calls on 128 MiB of rows, and looks at how much memory the process had at most meanwhile; a
   * copy that XGBoost's own matrix makes proves that the measurement would notice one.
   */
  @Test
  void readsTheColumnsWhereTheyAre() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.REGRESSION).dispose();
    int rows = 1 << 22;
    ColumnSpec spec = new ColumnSpec("features", ElementType.FLOAT32, Boosters.FEATURES);
    try (Model model = Boosters.load(directory, Boosters.SINGLE);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.of(rows, List.of(FixedWidthColumn.allocate(allocator, spec, rows)))) {
      model.predict(input, allocator).close();

      long byCall = ResidentMemory.peakRise(() -> model.predict(input, allocator).close());
      float[] features = new float[rows * Boosters.FEATURES];
      long byCopy = ResidentMemory.peakRise(() -> copy(features, rows));

      assertThat(byCall).isLessThan(64 * MEBIBYTE);
      assertThat(byCopy).isGreaterThan(128 * MEBIBYTE);
    }
  }

  private static void copy(float[] features, int rows) {
    try {
      new DMatrix(features, rows, Boosters.FEATURES, Float.NaN).dispose();
    } catch (XGBoostError e) {
      throw new AssertionError(e);
    }
  }
}
