package io.tidemill.inference.codec;

import io.tidemill.model.columnar.ColumnBatch;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/** Encodes rows as their binding says. A deletion, such as a tombstone, has nothing to score. */
final class RowEncoder implements RecordEncoder<RowData> {
  private final TensorWriter[] writers;

  RowEncoder(TensorWriter[] writers) {
    this.writers = writers;
  }

  @Override
  public boolean encode(RowData record, ColumnBatch columns, int row) {
    if (record.getRowKind() == RowKind.DELETE) {
      return false;
    }
    for (int i = 0; i < writers.length; i++) {
      writers[i].write(record, columns.column(i), row);
    }
    return true;
  }

  @Override
  public boolean writesEveryElement() {
    return true;
  }

  @Override
  public long bytes(RowData record) {
    if (record.getRowKind() == RowKind.DELETE) {
      return 0;
    }
    long bytes = 0;
    for (TensorWriter writer : writers) {
      bytes += writer.bytes(record);
    }
    return bytes;
  }
}
