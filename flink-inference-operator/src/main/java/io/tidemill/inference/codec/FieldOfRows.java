package io.tidemill.inference.codec;

import java.util.List;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.ArrayColumnVector;
import org.apache.flink.table.data.columnar.vector.BooleanColumnVector;
import org.apache.flink.table.data.columnar.vector.ByteColumnVector;
import org.apache.flink.table.data.columnar.vector.BytesColumnVector;
import org.apache.flink.table.data.columnar.vector.DecimalColumnVector;
import org.apache.flink.table.data.columnar.vector.DoubleColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.IntColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.data.columnar.vector.MapColumnVector;
import org.apache.flink.table.data.columnar.vector.RowColumnVector;
import org.apache.flink.table.data.columnar.vector.ShortColumnVector;
import org.apache.flink.table.data.columnar.vector.TimestampColumnVector;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;

/** One field of rows, read as a column. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record FieldOfRows(RowData[] rows, int position, LogicalType type)
    implements BooleanColumnVector,
        ByteColumnVector,
        ShortColumnVector,
        IntColumnVector,
        LongColumnVector,
        FloatColumnVector,
        DoubleColumnVector,
        DecimalColumnVector,
        TimestampColumnVector,
        BytesColumnVector,
        ArrayColumnVector,
        MapColumnVector,
        RowColumnVector {
  @Override
  public boolean isNullAt(int row) {
    return rows[row].isNullAt(position);
  }

  @Override
  public boolean getBoolean(int row) {
    return rows[row].getBoolean(position);
  }

  @Override
  public byte getByte(int row) {
    return rows[row].getByte(position);
  }

  @Override
  public short getShort(int row) {
    return rows[row].getShort(position);
  }

  @Override
  public int getInt(int row) {
    return rows[row].getInt(position);
  }

  @Override
  public long getLong(int row) {
    return rows[row].getLong(position);
  }

  @Override
  public float getFloat(int row) {
    return rows[row].getFloat(position);
  }

  @Override
  public double getDouble(int row) {
    return rows[row].getDouble(position);
  }

  @Override
  public DecimalData getDecimal(int row, int precision, int scale) {
    return rows[row].getDecimal(position, precision, scale);
  }

  @Override
  public TimestampData getTimestamp(int row, int precision) {
    return rows[row].getTimestamp(position, precision);
  }

  @Override
  public Bytes getBytes(int row) {
    byte[] value =
        type.is(LogicalTypeFamily.CHARACTER_STRING)
            ? rows[row].getString(position).toBytes()
            : rows[row].getBinary(position);
    return new Bytes(value, 0, value.length);
  }

  @Override
  public ArrayData getArray(int row) {
    return rows[row].getArray(position);
  }

  @Override
  public MapData getMap(int row) {
    return rows[row].getMap(position);
  }

  @Override
  public ColumnarRowData getRow(int row) {
    RowType fields = (RowType) type;
    RowData inside = rows[row].getRow(position, fields.getFieldCount());
    return new ColumnarRowData(ColumnRows.columnsOf(List.of(inside), fields));
  }
}
