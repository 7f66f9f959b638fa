package io.tidemill.connectors.files;

import java.io.IOException;
import java.sql.Timestamp;
import org.apache.flink.formats.parquet.vector.reader.ColumnReader;
import org.apache.flink.formats.parquet.vector.reader.LongColumnReader;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableTimestampVector;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * Reads timestamps that are counts of parts of a second. Flink's own reader fails at those before
 * 1970 that are no whole seconds: it takes the parts of their second for negative. Not thread-safe.
 */
final class TimestampReader implements ColumnReader<WritableColumnVector> {
  private static final long NANOS_OF_SECOND = 1_000_000_000;
  private static final int NANOS_OF_MILLI = 1_000_000;

  private final LongColumnReader counts;
  private final long perSecond;
  private final boolean utc;

  /**
   * A reader of a column that {@link #reads} answers to.
   *
   * @param utc whether they are of UTC and not of this machine's time zone
   */
  TimestampReader(ColumnDescriptor column, PageReader pages, boolean utc) throws IOException {
    this.counts = new LongColumnReader(column, pages);
    this.perSecond = perSecond(column.getPrimitiveType());
    this.utc = utc;
  }

  /** Whether a column of a file is such timestamps. */
  static boolean reads(Type inFile) {
    return inFile.isPrimitive()
        && inFile.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64
        && inFile.getLogicalTypeAnnotation() instanceof TimestampLogicalTypeAnnotation;
  }

  private static long perSecond(PrimitiveType inFile) {
    TimeUnit unit = ((TimestampLogicalTypeAnnotation) inFile.getLogicalTypeAnnotation()).getUnit();
    return switch (unit) {
      case MILLIS -> 1_000;
      case MICROS -> 1_000_000;
      case NANOS -> NANOS_OF_SECOND;
    };
  }

  @Override
  public void readToVector(int rows, WritableColumnVector vector) throws IOException {
    HeapLongVector read = new HeapLongVector(rows);
    counts.readToVector(rows, read);
    WritableTimestampVector timestamps = (WritableTimestampVector) vector;
    for (int i = 0; i < rows; i++) {
      if (read.isNullAt(i)) {
        timestamps.setNullAt(i);
      } else {
        timestamps.setTimestamp(i, timestamp(read.getLong(i)));
      }
    }
  }

  private TimestampData timestamp(long count) {
    long second = Math.floorDiv(count, perSecond);
    int nanos = (int) (Math.floorMod(count, perSecond) * (NANOS_OF_SECOND / perSecond));
    if (utc) {
      return TimestampData.fromEpochMillis(
          second * 1_000 + nanos / NANOS_OF_MILLI, nanos % NANOS_OF_MILLI);
    }
    Timestamp local = new Timestamp(second * 1_000);
    local.setNanos(nanos);
    return TimestampData.fromTimestamp(local);
  }
}
