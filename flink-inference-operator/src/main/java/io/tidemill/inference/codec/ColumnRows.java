package io.tidemill.inference.codec;

import static java.util.Objects.checkFromToIndex;
import static java.util.Objects.checkIndex;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;

/**
 * Rows that lie as columns: a view that makes a row when it is asked for, and copies nothing.
 *
 * <p>Unchanging, as the columns must be from then on; any thread may read it.
 */
public final class ColumnRows extends AbstractList<RowData> implements RandomAccess {
  private final VectorizedColumnBatch columns;
  private final int from;
  private final int size;

  private ColumnRows(VectorizedColumnBatch columns, int from, int size) {
    this.columns = columns;
    this.from = from;
    this.size = size;
  }

  /** All rows of these columns. */
  public static ColumnRows of(VectorizedColumnBatch columns) {
    return new ColumnRows(columns, 0, columns.getNumRows());
  }

  /** Rows as columns, which read the rows. */
  public static VectorizedColumnBatch columnsOf(List<RowData> rows, RowType type) {
    if (rows instanceof ColumnRows view && view.isWhole()) {
      return view.columns;
    }
    RowData[] all = rows.toArray(RowData[]::new);
    ColumnVector[] vectors = new ColumnVector[type.getFieldCount()];
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = new FieldOfRows(all, i, type.getTypeAt(i));
    }
    return columns(vectors, all.length);
  }

  private static VectorizedColumnBatch columns(ColumnVector[] vectors, int rows) {
    VectorizedColumnBatch columns = new VectorizedColumnBatch(vectors);
    columns.setNumRows(rows);
    return columns;
  }

  @Override
  public RowData get(int row) {
    return new ColumnarRowData(columns, from + checkIndex(row, size));
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public ColumnRows subList(int start, int end) {
    checkFromToIndex(start, end, size);
    return new ColumnRows(columns, from + start, end - start);
  }

  /** Whether these are all rows that the columns have. */
  boolean isWhole() {
    return size == columns.getNumRows();
  }

  /** A column, in which these rows begin at {@link #from}. */
  ColumnVector column(int position) {
    return columns.columns[position];
  }

  int from() {
    return from;
  }

  /** The same rows with more columns, which have as many. */
  ColumnRows with(ColumnVector[] more) {
    ColumnVector[] all = Arrays.copyOf(columns.columns, columns.columns.length + more.length);
    System.arraycopy(more, 0, all, columns.columns.length, more.length);
    return of(columns(all, size));
  }
}
