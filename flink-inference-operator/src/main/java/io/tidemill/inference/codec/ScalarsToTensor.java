package io.tidemill.inference.codec;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.util.Arrays;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.DoubleColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.IntColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;

/** Writes scalar fields side by side into the row of a tensor. */
final class ScalarsToTensor implements TensorWriter {
  /** So many rows of a tensor stay in a processor's nearest cache while field after field comes. */
  private static final int CACHED_ROWS = 256;

  private final ElementType type;
  private final RowField[] fields;
  private final RowField[] nullableFields;
  private final int[] positions;
  private final boolean ofTensorsType;
  private final boolean nanForNull;

  /**
   * A writer.
   *
   * @param nanForNull whether a null is written as NaN, which the type then has, and not refused
   */
  ScalarsToTensor(ElementType type, RowField[] fields, boolean nanForNull) {
    this.type = type;
    this.fields = fields;
    this.nanForNull = nanForNull;
    this.nullableFields = Arrays.stream(fields).filter(RowField::nullable).toArray(RowField[]::new);
    this.positions = Arrays.stream(fields).mapToInt(RowField::position).toArray();
    this.ofTensorsType =
        Arrays.stream(fields)
            .allMatch(
                field ->
                    switch (type) {
                      case FLOAT32 -> field.kind() == RowField.Kind.FLOAT;
                      case FLOAT64 -> field.kind() == RowField.Kind.DOUBLE;
                      case INT32 -> field.kind() == RowField.Kind.INT;
                      case INT64 -> field.kind() == RowField.Kind.LONG;
                      default -> false;
                    });
  }

  @Override
  public void write(RowData record, Column column, int row) {
    boolean whole = true;
    for (RowField field : nullableFields) {
      if (record.isNullAt(field.position())) {
        if (!nanForNull) {
          throw UnfitRecordException.nullInput(field.name());
        }
        whole = false;
      }
    }
    if (!whole) {
      writeWithNan(record, (FixedWidthColumn) column, row * fields.length);
    } else if (type == ElementType.STRING) {
      writeStrings(record, (StringColumn) column);
    } else {
      writeFixedWidth(record, (FixedWidthColumn) column, row * fields.length);
    }
  }

  @Override
  public boolean writeAll(ColumnRows records, Column column) {
    if (!ofTensorsType) {
      return false;
    }
    FixedWidthColumn values = (FixedWidthColumn) column;
    for (int begin = 0; begin < records.size(); begin += CACHED_ROWS) {
      int end = Math.min(records.size(), begin + CACHED_ROWS);
      for (int i = 0; i < positions.length; i++) {
        int first = records.from() + begin;
        int index = begin * positions.length + i;
        if (!write(records.column(positions[i]), first, end - begin, values, index)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Writes a field of some records; answers false if one is null and must not be. */
  private boolean write(
      ColumnVector field, int first, int count, FixedWidthColumn values, int index) {
    return switch (type) {
      case FLOAT32 ->
          field instanceof FloatColumnVector floats && write(floats, first, count, values, index);
      case FLOAT64 ->
          field instanceof DoubleColumnVector doubles
              && write(doubles, first, count, values, index);
      case INT32 ->
          field instanceof IntColumnVector ints && write(ints, first, count, values, index);
      default ->
          field instanceof LongColumnVector longs && write(longs, first, count, values, index);
    };
  }

  // One loop for each type, as a call for each value costs more than to copy it.

  private boolean write(
      FloatColumnVector field, int first, int count, FixedWidthColumn values, int begin) {
    int index = begin;
    for (int row = first; row < first + count; row++) {
      boolean isNull = field.isNullAt(row);
      if (isNull && !nanForNull) {
        return false;
      }
      values.setFloat(index, isNull ? Float.NaN : field.getFloat(row));
      index += positions.length;
    }
    return true;
  }

  private boolean write(
      DoubleColumnVector field, int first, int count, FixedWidthColumn values, int begin) {
    int index = begin;
    for (int row = first; row < first + count; row++) {
      boolean isNull = field.isNullAt(row);
      if (isNull && !nanForNull) {
        return false;
      }
      values.setDouble(index, isNull ? Double.NaN : field.getDouble(row));
      index += positions.length;
    }
    return true;
  }

  private boolean write(
      IntColumnVector field, int first, int count, FixedWidthColumn values, int begin) {
    int index = begin;
    for (int row = first; row < first + count; row++) {
      if (field.isNullAt(row)) {
        return false;
      }
      values.setInt(index, field.getInt(row));
      index += positions.length;
    }
    return true;
  }

  private boolean write(
      LongColumnVector field, int first, int count, FixedWidthColumn values, int begin) {
    int index = begin;
    for (int row = first; row < first + count; row++) {
      if (field.isNullAt(row)) {
        return false;
      }
      values.setLong(index, field.getLong(row));
      index += positions.length;
    }
    return true;
  }

  private void writeWithNan(RowData record, FixedWidthColumn column, int start) {
    int index = start;
    for (RowField field : fields) {
      boolean isNull = record.isNullAt(field.position());
      if (type == ElementType.FLOAT32) {
        column.setFloat(index++, isNull ? Float.NaN : field.toFloat(record));
      } else if (type == ElementType.FLOAT64) {
        column.setDouble(index++, isNull ? Double.NaN : field.toDouble(record));
      } else {
        column.setHalf(index++, isNull ? Float.NaN : field.toFloat(record));
      }
    }
  }

  private void writeStrings(RowData record, StringColumn column) {
    for (RowField field : fields) {
      byte[] value = field.toBytes(record);
      column.append(value, 0, value.length);
    }
  }

  private void writeFixedWidth(RowData record, FixedWidthColumn column, int start) {
    int index = start;
    switch (type) {
      case FLOAT32 -> {
        if (ofTensorsType) {
          for (int position : positions) {
            column.setFloat(index++, record.getFloat(position));
          }
        } else {
          for (RowField field : fields) {
            column.setFloat(index++, field.toFloat(record));
          }
        }
      }
      case FLOAT64 -> {
        for (RowField field : fields) {
          column.setDouble(index++, field.toDouble(record));
        }
      }
      case FLOAT16, BFLOAT16 -> {
        for (RowField field : fields) {
          column.setHalf(index++, field.toFloat(record));
        }
      }
      case INT32 -> {
        for (RowField field : fields) {
          column.setInt(index++, (int) field.toLong(record));
        }
      }
      case INT64 -> {
        for (RowField field : fields) {
          column.setLong(index++, field.toLong(record));
        }
      }
      case BOOL -> {
        for (RowField field : fields) {
          column.setBoolean(index++, record.getBoolean(field.position()));
        }
      }
      case INT8, INT16, UINT8, UINT16, UINT32, UINT64 -> {
        for (RowField field : fields) {
          column.whole(index++, field.whole(field.toLong(record), type));
        }
      }
      case STRING -> throw new IllegalStateException("scalars to " + type.label());
    }
  }

  @Override
  public long bytes(RowData record) {
    if (type != ElementType.STRING) {
      return (long) fields.length * type.bytes();
    }
    long bytes = 0;
    for (RowField field : fields) {
      if (!record.isNullAt(field.position())) {
        bytes += field.toBytes(record).length;
      }
    }
    return bytes;
  }
}
