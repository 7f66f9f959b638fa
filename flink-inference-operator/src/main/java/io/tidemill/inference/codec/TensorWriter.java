package io.tidemill.inference.codec;

import io.tidemill.model.columnar.Column;
import java.io.Serializable;
import org.apache.flink.table.data.RowData;

/** Writes what a record has for one tensor into one row of that tensor's column. */
interface TensorWriter extends Serializable {

  /**
   * Writes one row.
   *
   * @throws UnfitRecordException if the record does not fit
   */
  void write(RowData record, Column column, int row);

  /**
   * Writes as many rows as there are, from 0 on; answers false if each is to be written by itself.
   */
  default boolean writeAll(ColumnRows records, Column column) {
    return false;
  }

  /** Bytes that the record takes in the column. */
  long bytes(RowData record);
}
