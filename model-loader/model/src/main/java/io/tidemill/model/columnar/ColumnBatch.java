package io.tidemill.model.columnar;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The columns of one model call, inputs or outputs, all with the same number of rows.
 *
 * <p>The batch owns its columns and closes them. An input batch is allocated once for its largest
 * size and filled again and again; {@link #rows(int)} then says how many rows count.
 *
 * <p>Not thread-safe; it passes from thread to thread only as a whole.
 */
public final class ColumnBatch implements AutoCloseable {
  private final Column[] columns;
  private final int capacity;
  private int rows;

  private ColumnBatch(Column[] columns, int capacity, int rows) {
    this.columns = columns;
    this.capacity = capacity;
    this.rows = rows;
  }

  /**
   * Allocates columns for {@code capacity} rows; all of them or none.
   *
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  public static ColumnBatch allocate(
      BufferAllocator allocator, List<ColumnSpec> specs, int capacity) {
    List<Column> columns = new ArrayList<>(specs.size());
    try {
      for (ColumnSpec spec : specs) {
        columns.add(Column.allocate(allocator, spec, capacity));
      }
    } catch (RuntimeException | Error e) {
      columns.forEach(Column::close);
      throw e;
    }
    return new ColumnBatch(columns.toArray(Column[]::new), capacity, 0);
  }

  /**
   * Takes ownership of filled columns.
   *
   * @throws IllegalArgumentException if a column has room for fewer rows; the columns then stay the
   *     caller's
   */
  public static ColumnBatch of(int rows, List<? extends Column> columns) {
    for (Column column : columns) {
      if (column.capacity() < rows) {
        throw new IllegalArgumentException(
            "rows of column '%s': %d (expected: >= %d)"
                .formatted(column.spec().name(), column.capacity(), rows));
      }
    }
    return new ColumnBatch(columns.toArray(Column[]::new), rows, rows);
  }

  /** Some of the rows, in this batch's memory: see {@link Column#rows}. */
  public ColumnBatch view(int from, int count) {
    Column[] views = new Column[columns.length];
    for (int i = 0; i < views.length; i++) {
      views[i] = columns[i].rows(from, count);
    }
    return new ColumnBatch(views, count, count);
  }

  /** Rows that count. */
  public int rows() {
    return rows;
  }

  /** Bytes of the rows that count, in columns of fixed width. */
  public long bytes() {
    long bytesPerRow = 0;
    for (Column column : columns) {
      bytesPerRow += column.spec().bytesPerRow();
    }
    return rows * bytesPerRow;
  }

  /** Rows that there is memory for. */
  public int capacity() {
    return capacity;
  }

  /** Says how many rows count, from row 0. */
  public void rows(int count) {
    if (count < 0 || count > capacity) {
      throw new IllegalArgumentException("rows: " + count + " (expected: 0 to " + capacity + ")");
    }
    rows = count;
  }

  /** Makes every column writable from row 0 again; no row counts. */
  public void reset() {
    for (Column column : columns) {
      column.reset();
    }
    rows = 0;
  }

  /** Forgets what was written from a row on, as when a record turned out not to fit its tensors. */
  public void truncate(int row) {
    for (Column column : columns) {
      if (column instanceof StringColumn strings) {
        strings.truncate(row * strings.spec().elementsPerRow());
      }
    }
  }

  /** Makes rows of fixed width zero from one row (inclusive) to another (exclusive). */
  public void clear(int from, int to) {
    for (Column column : columns) {
      if (column instanceof FixedWidthColumn values) {
        values.clear(from, to);
      }
    }
  }

  /**
   * Proves that every column holds so many rows and no part of another.
   *
   * @throws IllegalStateException if a string column was appended to more or less often
   */
  public void requireRows(int count) {
    for (Column column : columns) {
      if (column instanceof StringColumn strings
          && strings.elements() != count * strings.spec().elementsPerRow()) {
        throw new IllegalStateException(
            "elements of column '%s': %d (expected: %d, %d for each row)"
                .formatted(
                    strings.spec().name(),
                    strings.elements(),
                    count * strings.spec().elementsPerRow(),
                    strings.spec().elementsPerRow()));
      }
    }
  }

  public int columns() {
    return columns.length;
  }

  /** A column by its position in the signature. The column stays this batch's. */
  public Column column(int index) {
    return columns[index];
  }

  /**
   * A column of fixed width by its position.
   *
   * @throws ClassCastException if it holds strings
   */
  public FixedWidthColumn fixedWidth(int index) {
    return (FixedWidthColumn) columns[index];
  }

  /**
   * A string column by its position.
   *
   * @throws ClassCastException if it holds elements of fixed width
   */
  public StringColumn strings(int index) {
    return (StringColumn) columns[index];
  }

  /** Whether memory of a column of fixed width is among these bytes. */
  public boolean holds(long address, long bytes) {
    for (Column column : columns) {
      if (column instanceof FixedWidthColumn values) {
        long start = values.address();
        long end = start + values.capacity() * values.spec().bytesPerRow();
        if (address < end && start < address + bytes) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public void close() {
    for (Column column : columns) {
      column.close();
    }
  }
}
