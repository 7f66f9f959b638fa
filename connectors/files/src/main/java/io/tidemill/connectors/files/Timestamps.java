package io.tidemill.connectors.files;

import java.nio.ByteOrder;
import java.sql.Timestamp;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableTimestampVector;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;

/**
 * The timestamps of a column of Parquet, as counts of parts of a second or as days and what is left
 * of one. Flink's own readers fail at those before 1970 that are no whole seconds: they take the
 * parts of their second for negative. Immutable.
 */
final class Timestamps {
  private static final long NANOS_OF_SECOND = 1_000_000_000;
  private static final int NANOS_OF_MILLI = 1_000_000;
  private static final long SECONDS_OF_DAY = 86_400;
  private static final int DAYS_TO_1970 = 2_440_588;

  private final long perSecond;
  private final boolean utc;

  /**
   * Those of a column.
   *
   * @param utc whether they are of UTC and not of this machine's time zone
   */
  Timestamps(PrimitiveType inFile, boolean utc) {
    this.perSecond =
        inFile.getLogicalTypeAnnotation() instanceof TimestampLogicalTypeAnnotation counts
            ? perSecond(counts)
            : 0;
    this.utc = utc;
  }

  private static long perSecond(TimestampLogicalTypeAnnotation counts) {
    return switch (counts.getUnit()) {
      case MILLIS -> 1_000;
      case MICROS -> 1_000_000;
      case NANOS -> NANOS_OF_SECOND;
    };
  }

  /** Sets the first of a vector to those of INT64s, of which some may be null. */
  void fill(WritableTimestampVector vector, LongColumnVector counts, int size) {
    for (int i = 0; i < size; i++) {
      if (counts.isNullAt(i)) {
        vector.setNullAt(i);
      } else {
        vector.setTimestamp(i, of(counts.getLong(i)));
      }
    }
  }

  /** That of an INT64. */
  TimestampData of(long count) {
    return of(
        Math.floorDiv(count, perSecond),
        Math.floorMod(count, perSecond) * (NANOS_OF_SECOND / perSecond));
  }

  /** That of an INT96. */
  TimestampData of(Binary days) {
    var bytes = days.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long nanosOfDay = bytes.getLong();
    return of(
        (bytes.getInt() - DAYS_TO_1970) * SECONDS_OF_DAY
            + Math.floorDiv(nanosOfDay, NANOS_OF_SECOND),
        Math.floorMod(nanosOfDay, NANOS_OF_SECOND));
  }

  private TimestampData of(long second, long nanos) {
    if (utc) {
      return TimestampData.fromEpochMillis(
          second * 1_000 + nanos / NANOS_OF_MILLI, (int) nanos % NANOS_OF_MILLI);
    }
    Timestamp local = new Timestamp(second * 1_000);
    local.setNanos((int) nanos);
    return TimestampData.fromTimestamp(local);
  }
}
