package io.tidemill.model.engine.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.EnduranceContract;
import io.tidemill.model.engine.ResidentMemory;
import io.tidemill.model.engine.xgboost.Boosters.Objective;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;

class XGBoostEnduranceITCase extends EnduranceContract {
  XGBoostEnduranceITCase() {
    super(new XGBoostEngine());
  }

  @Override
  protected Signature writeSmall(Path folder) throws Exception {
    Boosters.train(folder, "model.ubj", Objective.PROBABILITIES).dispose();
    return Boosters.TRIPLE;
  }

  @Override
  protected Signature writeLarge(Path folder) throws Exception {
    Boosters.train(folder, "model.ubj", Map.of("max_depth", 10, "num_parallel_tree", 60)).dispose();
    return Boosters.SINGLE;
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
    try (Model model = load(directory, Boosters.SINGLE);
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
