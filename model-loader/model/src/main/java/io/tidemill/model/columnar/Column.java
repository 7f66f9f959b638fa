package io.tidemill.model.columnar;

import org.apache.arrow.memory.BufferAllocator;

/**
 * The values of one tensor for the rows of a batch, rows first, in one contiguous piece of memory.
 *
 * <p>Not thread-safe; a column passes from thread to thread only as a whole.
 */
public sealed interface Column extends AutoCloseable permits FixedWidthColumn, StringColumn {

  /**
   * Allocates a column for {@code capacity} rows.
   *
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  static Column allocate(BufferAllocator allocator, ColumnSpec spec, int capacity) {
    return spec.type() == ElementType.STRING
        ? StringColumn.allocate(allocator, spec, capacity)
        : FixedWidthColumn.allocate(allocator, spec, capacity);
  }

  /** Name, type and width of this column. */
  ColumnSpec spec();

  /** Rows that this column has memory for. */
  int capacity();

  /** Makes the column writable from row 0 again. */
  void reset();

  /**
   * Some of the rows, in the same memory, which stays this column's. They are only read, and only
   * while nothing is appended here.
   */
  Column rows(int from, int count);

  /** Copies rows of another column of this kind behind those that are here. */
  void copy(int row, Column source, int from, int count);

  /** Gives the memory back to its allocator; a second call does nothing. */
  @Override
  void close();
}
