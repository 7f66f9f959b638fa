package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.formats.parquet.vector.reader.ColumnReader;
import org.apache.flink.formats.parquet.vector.reader.LongColumnReader;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableTimestampVector;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** Reads a flat column of timestamps that are counts, as Flink's numbers. Not thread-safe. */
final class CountReader implements ColumnReader<WritableColumnVector> {
  private final LongColumnReader numbers;
  private final Timestamps timestamps;
  private HeapLongVector counts = new HeapLongVector(0);

  /**
   * A reader at the begin of a row group.
   *
   * @param utc whether they are of UTC and not of this machine's time zone
   */
  CountReader(Type inFile, PageReadStore pages, boolean utc) throws IOException {
    ColumnDescriptor column = new MessageType("column", inFile).getColumns().get(0);
    this.numbers = new LongColumnReader(column, pages.getPageReader(column));
    this.timestamps = new Timestamps(inFile.asPrimitiveType(), utc);
  }

  @Override
  public void readToVector(int rows, WritableColumnVector vector) throws IOException {
    if (counts.getLen() < rows) {
      counts = new HeapLongVector(rows);
    }
    counts.reset();
    numbers.readToVector(rows, counts);
    // Another row group's may have been set by another reader.
    vector.setDictionary(null);
    timestamps.fill((WritableTimestampVector) vector, counts, rows);
  }
}
