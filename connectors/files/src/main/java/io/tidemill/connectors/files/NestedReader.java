package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.formats.parquet.vector.ParquetSplitReaderUtil;
import org.apache.flink.formats.parquet.vector.reader.ColumnReader;
import org.apache.flink.formats.parquet.vector.reader.NestedColumnReader;
import org.apache.flink.formats.parquet.vector.type.ParquetField;
import org.apache.flink.formats.parquet.vector.type.ParquetGroupField;
import org.apache.flink.formats.parquet.vector.type.ParquetPrimitiveField;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapArrayVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapMapVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapRowVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapTimestampVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * Reads a column that has others in it by Flink's reader, to which timestamps that are counts are
 * numbers: it knows no other form of them there but days. Not thread-safe.
 */
final class NestedReader implements ColumnReader<WritableColumnVector> {
  private final ParquetField field;
  private final NestedColumnReader values;
  private final boolean utc;

  /**
   * A reader at the begin of a row group.
   *
   * @param utc whether timestamps are of UTC and not of this machine's time zone
   */
  NestedReader(LogicalType declared, Type inFile, PageReadStore pages, boolean utc) {
    this.field = field(declared, inFile);
    this.values = new NestedColumnReader(utc, pages, asNumbers(field));
    this.utc = utc;
  }

  /** What stands where in a column. */
  private static ParquetField field(LogicalType declared, Type inFile) {
    return ParquetSplitReaderUtil.buildFieldsList(
            List.of(new RowType.RowField(inFile.getName(), declared)),
            List.of(inFile.getName()),
            new ColumnIOFactory().getColumnIO(new MessageType("column", inFile)))
        .get(0);
  }

  /**
   * The values within a column.
   *
   * @throws RuntimeException if it has not what is declared
   */
  static Stream<ParquetPrimitiveField> values(LogicalType declared, Type inFile) {
    return values(field(declared, inFile));
  }

  private static Stream<ParquetPrimitiveField> values(ParquetField field) {
    return field instanceof ParquetGroupField group
        ? group.getChildren().stream().flatMap(NestedReader::values)
        : Stream.of((ParquetPrimitiveField) field);
  }

  private static boolean isCount(ParquetField field) {
    return field instanceof ParquetPrimitiveField value
        && value.getType().is(LogicalTypeFamily.TIMESTAMP)
        && inFile(value).getPrimitiveTypeName() == PrimitiveTypeName.INT64;
  }

  private static PrimitiveType inFile(ParquetPrimitiveField value) {
    return value.getDescriptor().getPrimitiveType();
  }

  private static ParquetField asNumbers(ParquetField field) {
    if (field instanceof ParquetGroupField group) {
      return new ParquetGroupField(
          group.getType(),
          group.getRepetitionLevel(),
          group.getDefinitionLevel(),
          group.isRequired(),
          group.getChildren().stream().map(NestedReader::asNumbers).toList());
    }
    ParquetPrimitiveField value = (ParquetPrimitiveField) field;
    return isCount(value)
        ? new ParquetPrimitiveField(
            new BigIntType(), value.isRequired(), value.getDescriptor(), value.getId())
        : value;
  }

  @Override
  public void readToVector(int rows, WritableColumnVector vector) throws IOException {
    values.readToVector(rows, vector);
    asTimestamps(field, vector);
  }

  /** What a vector is with the numbers that are timestamps made such. */
  private ColumnVector asTimestamps(ParquetField of, ColumnVector vector) {
    if (of instanceof ParquetGroupField group) {
      List<ParquetField> within = group.getChildren();
      if (vector instanceof HeapRowVector row) {
        WritableColumnVector[] fields = row.getFields();
        for (int i = 0; i < fields.length; i++) {
          fields[i] = (WritableColumnVector) asTimestamps(within.get(i), fields[i]);
        }
      } else if (vector instanceof HeapMapVector map) {
        map.setKeys(asTimestamps(within.get(0), map.getKeyColumnVector()));
        map.setValues(asTimestamps(within.get(1), map.getValueColumnVector()));
      } else {
        HeapArrayVector array = (HeapArrayVector) vector;
        array.setChild(asTimestamps(within.get(0), array.getChild()));
      }
      return vector;
    }
    return isCount(of) && vector instanceof HeapLongVector counts
        ? timestamps(inFile((ParquetPrimitiveField) of), counts)
        : vector;
  }

  private HeapTimestampVector timestamps(PrimitiveType inFile, HeapLongVector counts) {
    HeapTimestampVector read = new HeapTimestampVector(counts.getLen());
    new Timestamps(inFile, utc).fill(read, counts, counts.getLen());
    return read;
  }
}
