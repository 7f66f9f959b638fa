package io.tidemill.inference.codec;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnBatch;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.jspecify.annotations.Nullable;

/** Puts predictions behind the fields of their record. */
final class RowDecoder implements PredictionDecoder<RowData, RowData> {
  private final Output[] outputs;
  private final int recordArity;
  private transient @Nullable Predictions predictions;
  private transient @Nullable List<PredictionColumn.Classes> classes;

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
    List<PredictionColumn.Classes> checked = new ArrayList<>(0);
    for (int i = 0; i < columns.length; i++) {
      columns[i] = column(batch, outputs[i]);
      if (columns[i] instanceof PredictionColumn.Classes found) {
        checked.add(found);
      }
    }
    classes = checked;
    predictions = Predictions.of(columns, recordArity);
  }

  private static PredictionColumn column(ColumnBatch batch, Output output) {
    int rows = batch.rows();
    int index = output.column();
    PredictionColumn values =
        switch (batch.column(index).spec().type()) {
          case FLOAT32 -> PredictionColumn.Floats.of(batch.fixedWidth(index), rows);
          case FLOAT64 -> PredictionColumn.Doubles.of(batch.fixedWidth(index), rows);
          case INT32 -> PredictionColumn.Ints.of(batch.fixedWidth(index), rows);
          case INT64 -> PredictionColumn.Longs.of(batch.fixedWidth(index), rows);
          case FLOAT16, BFLOAT16 -> PredictionColumn.Floats.ofHalves(batch.fixedWidth(index), rows);
          case INT8, INT16, UINT16, UINT32, UINT64 ->
              PredictionColumn.Whole.of(batch.fixedWidth(index), rows);
          case UINT8, BOOL -> PredictionColumn.Bytes.of(batch.fixedWidth(index), rows);
          case STRING -> PredictionColumn.Strings.of(batch.strings(index), rows);
        };
    return output.labels().isEmpty() ? values : labels(values, output.labels());
  }

  private static PredictionColumn labels(PredictionColumn values, List<String> labels) {
    StringData[] names = labels.stream().map(StringData::fromString).toArray(StringData[]::new);
    if (values instanceof PredictionColumn.Floats scores) {
      return PredictionColumn.Strings.labels(scores.values(), names);
    }
    return new PredictionColumn.Classes(
        values instanceof PredictionColumn.Ints ints
            ? Arrays.stream(ints.values()).asLongStream().toArray()
            : ((PredictionColumn.Longs) values).values(),
        names);
  }

  @Override
  public RowData decode(RowData record, ColumnBatch batch, int row) {
    for (PredictionColumn.Classes found : requireNonNull(classes, "begin")) {
      found.check(row);
    }
    return new ScoredRow(record, requireNonNull(predictions, "begin"), row);
  }

  @Override
  public @Nullable List<RowData> decodeAll(List<RowData> records) {
    if (!(records instanceof ColumnRows rows)
        || !rows.isWhole()
        || requireNonNull(classes, "begin").stream().anyMatch(found -> !found.allLabelled())) {
      return null;
    }
    return rows.with(requireNonNull(predictions, "begin").columns());
  }

  @Override
  public RowData unscored(RowData record) {
    return new ScoredRow(record, Predictions.none(recordArity, outputs.length), 0);
  }
}
