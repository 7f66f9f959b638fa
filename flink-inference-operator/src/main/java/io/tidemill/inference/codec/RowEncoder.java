package io.tidemill.inference.codec;

import io.tidemill.model.columnar.ColumnBatch;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.JoinedRowData;
import org.apache.flink.types.RowKind;

/** Encodes rows as their binding says. A deletion, such as a tombstone, has nothing to score. */
final class RowEncoder implements RecordEncoder<RowData> {
  private final TensorWriter[] writers;
  private final FieldPath[] paths;

  /**
   * An encoder.
   *
   * @param paths to fields inside of fields, which writers find behind those of the record
   */
  RowEncoder(TensorWriter[] writers, List<FieldPath> paths) {
    this.writers = writers;
    this.paths = paths.toArray(FieldPath[]::new);
  }

  @Override
  public boolean encode(RowData record, ColumnBatch columns, int row) {
    if (record.getRowKind() == RowKind.DELETE) {
      return false;
    }
    RowData readable = readable(record);
    for (int i = 0; i < writers.length; i++) {
      writers[i].write(readable, columns.column(i), row);
    }
    return true;
  }

  @Override
  public boolean encodeAll(List<RowData> records, ColumnBatch columns) {
    if (!(records instanceof ColumnRows rows) || paths.length > 0) {
      return false;
    }
    for (int i = 0; i < writers.length; i++) {
      if (!writers[i].writeAll(rows, columns.column(i))) {
        return false;
      }
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
    RowData readable = readable(record);
    long bytes = 0;
    for (TensorWriter writer : writers) {
      bytes += writer.bytes(readable);
    }
    return bytes;
  }

  private RowData readable(RowData record) {
    if (paths.length == 0) {
      return record;
    }
    GenericRowData inside = new GenericRowData(paths.length);
    for (int i = 0; i < paths.length; i++) {
      inside.setField(i, paths[i].of(record));
    }
    return new JoinedRowData(record, inside);
  }
}
