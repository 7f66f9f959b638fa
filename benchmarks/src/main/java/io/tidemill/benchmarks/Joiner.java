package io.tidemill.benchmarks;

import java.io.Serializable;
import java.util.Arrays;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/**
 * Makes scored records as a user writes it by hand: a new row with the record's field and the
 * prediction.
 *
 * @param elements of one prediction: a field of its own for one, an array for several
 */
record Joiner(int elements) implements Serializable {

  /** A record together with the prediction of this row. */
  RowData join(RowData record, float[] predictions, int row) {
    Object prediction =
        elements == 1
            ? (Object) predictions[row]
            : new GenericArrayData(
                Arrays.copyOfRange(predictions, row * elements, (row + 1) * elements));
    return GenericRowData.of(record.getArray(0), prediction);
  }
}
