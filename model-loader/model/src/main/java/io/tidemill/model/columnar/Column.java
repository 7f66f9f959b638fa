package io.tidemill.model.columnar;

/**
 * The values of one tensor for the rows of a batch, rows first, in one contiguous piece of memory.
 *
 * <p>Not thread-safe; a column passes from thread to thread only as a whole.
 */
public sealed interface Column extends AutoCloseable permits FixedWidthColumn, StringColumn {

  /** Name, type and width of this column. */
  ColumnSpec spec();

  /** Rows that this column has memory for. */
  int capacity();

  /** Makes the column writable from row 0 again. */
  void reset();

  /** Gives the memory back to its allocator; a second call does nothing. */
  @Override
  void close();
}
