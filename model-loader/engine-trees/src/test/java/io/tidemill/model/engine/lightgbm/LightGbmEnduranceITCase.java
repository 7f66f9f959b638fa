package io.tidemill.model.engine.lightgbm;

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
import io.tidemill.model.engine.lightgbm.Boosters.Objective;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;

class LightGbmEnduranceITCase extends EnduranceContract {
  LightGbmEnduranceITCase() {
    super(new LightGbmEngine());
  }

  @Override
  protected Signature writeSmall(Path folder) throws Exception {
    Boosters.train(folder, Objective.CLASSES).close();
    return Boosters.TRIPLE;
  }

  @Override
  protected Signature writeLarge(Path folder) throws Exception {
    Boosters.train(folder, Objective.REGRESSION, 600, "num_leaves=60").close();
    return Boosters.SINGLE;
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
    try (Model model = load(directory, Boosters.SINGLE);
        BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.of(rows, List.of(FixedWidthColumn.allocate(allocator, spec, rows)))) {
      long rise = ResidentMemory.peakRise(() -> model.predict(input, allocator).close());

      assertThat(rise).isLessThan(64 * MEBIBYTE);
    }
  }
}
