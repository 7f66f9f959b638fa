package io.tidemill.model.golden;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/** The rows of a batch, again and again until there are enough. */
final class Repeated {
  private Repeated() {}

  static ColumnBatch rows(ColumnBatch batch, int rows, BufferAllocator allocator) {
    List<Column> columns = new ArrayList<>();
    try {
      for (int i = 0; i < batch.columns(); i++) {
        Column column = batch.column(i);
        columns.add(
            column instanceof StringColumn strings
                ? strings(strings, batch.rows(), rows, allocator)
                : fixedWidth((FixedWidthColumn) column, batch.rows(), rows, allocator));
      }
      return ColumnBatch.of(rows, columns);
    } catch (RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  private static Column strings(
      StringColumn source, int sourceRows, int rows, BufferAllocator allocator) {
    StringColumn column = StringColumn.allocate(allocator, source.spec(), rows);
    int width = source.spec().elementsPerRow();
    try {
      for (int i = 0; i < rows * width; i++) {
        byte[] value = source.get(i % (sourceRows * width));
        column.append(value, 0, value.length);
      }
      return column;
    } catch (RuntimeException e) {
      column.close();
      throw e;
    }
  }

  private static Column fixedWidth(
      FixedWidthColumn source, int sourceRows, int rows, BufferAllocator allocator) {
    FixedWidthColumn column = FixedWidthColumn.allocate(allocator, source.spec(), rows);
    int rowBytes = Math.toIntExact(source.spec().bytesPerRow());
    for (int row = 0; row < rows; row += sourceRows) {
      int count = Math.min(sourceRows, rows - row);
      column.bytes().put(row * rowBytes, source.bytes(), 0, count * rowBytes);
    }
    return column;
  }
}
