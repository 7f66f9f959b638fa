package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiniteCheckTest {
  private static final int ROWS = 4;
  private static final List<ColumnSpec> COLUMNS =
      List.of(
          new ColumnSpec("label", ElementType.STRING, 1),
          new ColumnSpec("class", ElementType.INT64, 1),
          new ColumnSpec("scores", ElementType.FLOAT32, 3),
          new ColumnSpec("bounds", ElementType.FLOAT64, 2),
          new ColumnSpec("halves", ElementType.FLOAT16, 2),
          new ColumnSpec("brain floats", ElementType.BFLOAT16, 2));

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void findsTheRowWhateverColumnAndElementIsNotFinite(double value) {
    try (BufferAllocator allocator = ColumnMemory.child("finite", Long.MAX_VALUE);
        ColumnBatch outputs = ColumnBatch.allocate(allocator, COLUMNS, ROWS + 1)) {
      outputs.rows(ROWS);
      assertThat(new FiniteCheck(outputs).allRows()).isTrue();
      for (int column = 2; column < COLUMNS.size(); column++) {
        int width = COLUMNS.get(column).elementsPerRow();
        for (int element = 0; element < ROWS * width; element++) {
          outputs.fixedWidth(column).number(element, value);
          assertThat(new FiniteCheck(outputs).allRows()).isFalse();
          for (int row = 0; row < ROWS; row++) {
            assertThat(new FiniteCheck(outputs).row(row))
                .as("row %d, with element %d of column %d", row, element, column)
                .isEqualTo(row != element / width);
          }
          outputs.fixedWidth(column).number(element, 0);
        }
        outputs.fixedWidth(column).number(ROWS * width, value);
      }
      assertThat(new FiniteCheck(outputs).allRows()).as("beyond the rows that count").isTrue();
    }
  }
}
