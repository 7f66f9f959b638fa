package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Origin;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.Variant;
import org.jspecify.annotations.Nullable;

/**
 * A row of a file with its {@link Origin}, the last field, which is made whenever it is asked for:
 * of all records only dead letters need one.
 *
 * <p>Only {@link #setRowKind} changes it, as in every row; not thread-safe in that.
 */
final class FileRow implements RowData {
  /** Of a record that is found by its offset alone. */
  static final int NO_NUMBER = -1;

  private final @Nullable Object[] values;
  private final @Nullable StringData file;
  private final long offset;
  private final int number;
  private final byte @Nullable [] bytes;
  private final @Nullable DecodeFailure failure;
  private RowKind kind;

  private FileRow(
      RowKind kind,
      @Nullable Object[] values,
      @Nullable StringData file,
      long offset,
      int number,
      byte @Nullable [] bytes,
      @Nullable DecodeFailure failure) {
    this.kind = kind;
    this.values = values;
    this.file = file;
    this.offset = offset;
    this.number = number;
    this.bytes = bytes;
    this.failure = failure;
  }

  /**
   * A row whose origin is null.
   *
   * @param values the fields before the origin, as a {@link GenericRowData} has them; not copied
   */
  static FileRow ofNowhere(RowKind kind, @Nullable Object[] values) {
    return new FileRow(kind, values, null, 0, NO_NUMBER, null, null);
  }

  /**
   * A row that was read.
   *
   * @param values the fields before the origin, as a {@link GenericRowData} has them; not copied
   * @param offset in the file, as the origin says it
   * @param number behind the offset, as the origin's partition says it, or {@link #NO_NUMBER}
   */
  static FileRow at(
      RowKind kind, @Nullable Object[] values, StringData file, long offset, int number) {
    return new FileRow(kind, values, file, offset, number, null, null);
  }

  /**
   * A row that was decoded of some bytes.
   *
   * @param bytes those that a dead letter has; null where nobody keeps them
   */
  static FileRow of(
      byte @Nullable [] bytes,
      RowKind kind,
      @Nullable Object[] values,
      StringData file,
      long offset) {
    return new FileRow(kind, values, file, offset, NO_NUMBER, bytes, null);
  }

  /** A row without values for what does not decode, as its origin says. */
  static FileRow undecoded(
      int arity, StringData file, long offset, byte @Nullable [] bytes, DecodeFailure failure) {
    return new FileRow(
        RowKind.INSERT, new Object[arity - 1], file, offset, NO_NUMBER, bytes, failure);
  }

  /** In the file, as the origin says it. */
  long offset() {
    return offset;
  }

  private GenericRowData origin() {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.TOPIC, file);
    origin.setField(Origin.OFFSET, offset);
    origin.setField(Origin.VALUE, bytes);
    if (number != NO_NUMBER) {
      origin.setField(Origin.PARTITION, number);
    }
    if (failure != null) {
      failure.writeTo(origin);
    }
    return origin;
  }

  /** As a row that was made of the same values: who asks knows that it is there. */
  private Object value(int pos) {
    return requireNonNull(values[pos], "value");
  }

  @Override
  public int getArity() {
    return values.length + 1;
  }

  @Override
  public RowKind getRowKind() {
    return kind;
  }

  @Override
  public void setRowKind(RowKind kind) {
    this.kind = kind;
  }

  @Override
  public boolean isNullAt(int pos) {
    return pos == values.length ? file == null : values[pos] == null;
  }

  @Override
  public boolean getBoolean(int pos) {
    return (boolean) value(pos);
  }

  @Override
  public byte getByte(int pos) {
    return (byte) value(pos);
  }

  @Override
  public short getShort(int pos) {
    return (short) value(pos);
  }

  @Override
  public int getInt(int pos) {
    return (int) value(pos);
  }

  @Override
  public long getLong(int pos) {
    return (long) value(pos);
  }

  @Override
  public float getFloat(int pos) {
    return (float) value(pos);
  }

  @Override
  public double getDouble(int pos) {
    return (double) value(pos);
  }

  @Override
  public StringData getString(int pos) {
    return (StringData) value(pos);
  }

  @Override
  public DecimalData getDecimal(int pos, int precision, int scale) {
    return (DecimalData) value(pos);
  }

  @Override
  public TimestampData getTimestamp(int pos, int precision) {
    return (TimestampData) value(pos);
  }

  @Override
  @SuppressWarnings("unchecked") // As in every row.
  public <T> RawValueData<T> getRawValue(int pos) {
    return (RawValueData<T>) value(pos);
  }

  @Override
  public byte[] getBinary(int pos) {
    return (byte[]) value(pos);
  }

  @Override
  public ArrayData getArray(int pos) {
    return (ArrayData) value(pos);
  }

  @Override
  public MapData getMap(int pos) {
    return (MapData) value(pos);
  }

  @Override
  public RowData getRow(int pos, int numFields) {
    return pos == values.length ? origin() : (RowData) value(pos);
  }

  @Override
  public Variant getVariant(int pos) {
    return (Variant) value(pos);
  }
}
