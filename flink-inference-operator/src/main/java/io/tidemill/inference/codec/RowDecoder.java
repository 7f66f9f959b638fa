package io.tidemill.inference.codec;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.jspecify.annotations.Nullable;

/** Puts predictions behind the fields of their record. */
final class RowDecoder implements PredictionDecoder<RowData, RowData> {
  private final Output[] outputs;
  private final int recordArity;
  private transient @Nullable Predictions predictions;

  /**
   * One output field.
   *
   * @param column the tensor's position in the signature
   * @param labels empty unless the field is a label
   */
  record Output(int column, List<String> labels) implements Serializable {}

  /**
   * A decoder.
   *
   * @param recordArity fields of the records that come
   */
  RowDecoder(Output[] outputs, int recordArity) {
    this.outputs = outputs;
    this.recordArity = recordArity;
  }

  @Override
  public void begin(ColumnBatch batch) {
    PredictionColumn[] columns = new PredictionColumn[outputs.length];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = column(batch, outputs[i]);
    }
    predictions = Predictions.of(columns, recordArity);
  }

  private static PredictionColumn column(ColumnBatch batch, Output output) {
    int rows = batch.rows();
    int index = output.column();
    return switch (batch.column(index).spec().type()) {
      case FLOAT32 -> floats(batch.fixedWidth(index), rows, output.labels());
      case FLOAT64 -> PredictionColumn.Doubles.of(batch.fixedWidth(index), rows);
      case INT32 -> PredictionColumn.Ints.of(batch.fixedWidth(index), rows);
      case INT64 -> PredictionColumn.Longs.of(batch.fixedWidth(index), rows);
      case UINT8, BOOL -> PredictionColumn.Bytes.of(batch.fixedWidth(index), rows);
      case STRING -> PredictionColumn.Strings.of(batch.strings(index), rows);
    };
  }

  private static PredictionColumn floats(FixedWidthColumn column, int rows, List<String> labels) {
    PredictionColumn.Floats floats = PredictionColumn.Floats.of(column, rows);
    if (labels.isEmpty()) {
      return floats;
    }
    StringData[] names = new StringData[labels.size()];
    for (int i = 0; i < names.length; i++) {
      names[i] = StringData.fromString(labels.get(i));
    }
    return PredictionColumn.Strings.labels(floats.values(), names);
  }

  @Override
  public RowData decode(RowData record, ColumnBatch batch, int row) {
    return new ScoredRow(record, requireNonNull(predictions, "begin"), row);
  }

  @Override
  public RowData unscored(RowData record) {
    return new ScoredRow(record, Predictions.none(recordArity, outputs.length), 0);
  }
}
