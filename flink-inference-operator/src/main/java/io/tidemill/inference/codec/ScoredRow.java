package io.tidemill.inference.codec;

import java.util.Objects;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.Variant;
import org.jspecify.annotations.Nullable;

/**
 * A record with its predictions behind its own fields: a view of both, so that scoring copies
 * neither.
 *
 * <p>Only {@link #setRowKind} changes it, as in every row; not thread-safe in that.
 */
final class ScoredRow implements RowData {
  private final RowData record;
  private final int recordArity;
  private final PredictionColumn @Nullable [] predictions;
  private final int row;
  private final int arity;
  private RowKind kind;

  /**
   * A scored record.
   *
   * @param predictions one per output field, or null if the record was not scored
   * @param row the record's row in them
   */
  ScoredRow(RowData record, PredictionColumn @Nullable [] predictions, int row, int outputFields) {
    this.record = record;
    this.recordArity = record.getArity();
    this.predictions = predictions;
    this.row = row;
    this.arity = recordArity + outputFields;
    this.kind = record.getRowKind();
  }

  private PredictionColumn prediction(int pos) {
    return Objects.requireNonNull(predictions, "predictions of a record that was not scored")[
        pos - recordArity];
  }

  @Override
  public int getArity() {
    return arity;
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
    return pos < recordArity ? record.isNullAt(pos) : predictions == null;
  }

  @Override
  public boolean getBoolean(int pos) {
    return pos < recordArity ? record.getBoolean(pos) : prediction(pos).getBoolean(row);
  }

  @Override
  public byte getByte(int pos) {
    return record.getByte(pos);
  }

  @Override
  public short getShort(int pos) {
    return pos < recordArity ? record.getShort(pos) : prediction(pos).getShort(row);
  }

  @Override
  public int getInt(int pos) {
    return pos < recordArity ? record.getInt(pos) : prediction(pos).getInt(row);
  }

  @Override
  public long getLong(int pos) {
    return pos < recordArity ? record.getLong(pos) : prediction(pos).getLong(row);
  }

  @Override
  public float getFloat(int pos) {
    return pos < recordArity ? record.getFloat(pos) : prediction(pos).getFloat(row);
  }

  @Override
  public double getDouble(int pos) {
    return pos < recordArity ? record.getDouble(pos) : prediction(pos).getDouble(row);
  }

  @Override
  public StringData getString(int pos) {
    return pos < recordArity ? record.getString(pos) : prediction(pos).getString(row);
  }

  @Override
  public DecimalData getDecimal(int pos, int precision, int scale) {
    return record.getDecimal(pos, precision, scale);
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
    return pos < recordArity ? record.getBinary(pos) : prediction(pos).getBinary(row);
  }

  @Override
  public ArrayData getArray(int pos) {
    return pos < recordArity ? record.getArray(pos) : prediction(pos).getArray(row);
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
