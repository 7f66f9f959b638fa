package io.tidemill.inference.codec;

import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.Variant;

/**
 * A record with its predictions behind its own fields: a view of both, so that scoring copies
 * neither.
 *
 * <p>Only {@link #setRowKind} changes it, as in every row; not thread-safe in that.
 */
final class ScoredRow implements RowData {
  private final RowData record;
  private final Predictions predictions;
  private final int row;
  private RowKind kind;

  /**
   * A scored record.
   *
   * @param row the record's row in the predictions
   */
  ScoredRow(RowData record, Predictions predictions, int row) {
    this.record = record;
    this.predictions = predictions;
    this.row = row;
    this.kind = record.getRowKind();
  }

  private boolean isOfRecord(int pos) {
    return pos < predictions.recordArity();
  }

  @Override
  public int getArity() {
    return predictions.arity();
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
    return isOfRecord(pos)
        ? record.isNullAt(pos)
        : predictions.areNull() || predictions.at(pos).isNullAt(row);
  }

  @Override
  public boolean getBoolean(int pos) {
    return isOfRecord(pos) ? record.getBoolean(pos) : predictions.at(pos).getBoolean(row);
  }

  @Override
  public byte getByte(int pos) {
    return isOfRecord(pos) ? record.getByte(pos) : predictions.at(pos).getByte(row);
  }

  @Override
  public short getShort(int pos) {
    return isOfRecord(pos) ? record.getShort(pos) : predictions.at(pos).getShort(row);
  }

  @Override
  public int getInt(int pos) {
    return isOfRecord(pos) ? record.getInt(pos) : predictions.at(pos).getInt(row);
  }

  @Override
  public long getLong(int pos) {
    return isOfRecord(pos) ? record.getLong(pos) : predictions.at(pos).getLong(row);
  }

  @Override
  public float getFloat(int pos) {
    return isOfRecord(pos) ? record.getFloat(pos) : predictions.at(pos).getFloat(row);
  }

  @Override
  public double getDouble(int pos) {
    return isOfRecord(pos) ? record.getDouble(pos) : predictions.at(pos).getDouble(row);
  }

  @Override
  public StringData getString(int pos) {
    return isOfRecord(pos) ? record.getString(pos) : predictions.at(pos).getString(row);
  }

  @Override
  public DecimalData getDecimal(int pos, int precision, int scale) {
    return isOfRecord(pos)
        ? record.getDecimal(pos, precision, scale)
        : predictions.at(pos).getDecimal(row);
  }

  @Override
  public TimestampData getTimestamp(int pos, int precision) {
    return record.getTimestamp(pos, precision);
  }

  @Override
  public <T> RawValueData<T> getRawValue(int pos) {
    return record.getRawValue(pos);
  }

  @Override
  public byte[] getBinary(int pos) {
    return isOfRecord(pos) ? record.getBinary(pos) : predictions.at(pos).getBinary(row);
  }

  @Override
  public ArrayData getArray(int pos) {
    return isOfRecord(pos) ? record.getArray(pos) : predictions.at(pos).getArray(row);
  }

  @Override
  public MapData getMap(int pos) {
    return record.getMap(pos);
  }

  @Override
  public RowData getRow(int pos, int numFields) {
    return record.getRow(pos, numFields);
  }

  @Override
  public Variant getVariant(int pos) {
    return record.getVariant(pos);
  }
}
