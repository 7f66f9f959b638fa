package io.tidemill.inference.operator;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.FixedWidthColumn;

/** Finds outputs that are not a number or infinite. */
record FiniteCheck(ColumnBatch outputs) {

  /** Whether every float of every row is finite. */
  boolean allRows() {
    return rows(0, outputs.rows());
  }

  /** Whether every float of one row is finite. */
  boolean row(int row) {
    return rows(row, row + 1);
  }

  private boolean rows(int from, int to) {
    for (int i = 0; i < outputs.columns(); i++) {
      if (outputs.column(i) instanceof FixedWidthColumn column && !finite(column, from, to)) {
        return false;
      }
    }
    return true;
  }

  private boolean finite(FixedWidthColumn column, int from, int to) {
    int width = column.spec().elementsPerRow();
    switch (column.spec().type()) {
      case FLOAT32 -> {
        for (int i = from * width; i < to * width; i++) {
          if (!Float.isFinite(column.getFloat(i))) {
            return false;
          }
        }
      }
      case FLOAT64 -> {
        for (int i = from * width; i < to * width; i++) {
          if (!Double.isFinite(column.getDouble(i))) {
            return false;
          }
        }
      }
      case FLOAT16, BFLOAT16 -> {
        for (int i = from * width; i < to * width; i++) {
          if (!Float.isFinite(column.getHalf(i))) {
            return false;
          }
        }
      }
      case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL, STRING -> {}
    }
    return true;
  }
}
