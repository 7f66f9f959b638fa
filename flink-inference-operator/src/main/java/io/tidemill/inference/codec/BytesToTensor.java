package io.tidemill.inference.codec;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.FixedWidthColumn;
import org.apache.flink.table.data.RowData;

/** Writes a bytes field into the row of a uint8 tensor. */
final class BytesToTensor implements TensorWriter {
  private final String name;
  private final int position;
  private final boolean nullable;
  private final int elements;

  BytesToTensor(String name, int position, boolean nullable, int elements) {
    this.name = name;
    this.position = position;
    this.nullable = nullable;
    this.elements = elements;
  }

  @Override
  public void write(RowData record, Column column, int row) {
    if (nullable && record.isNullAt(position)) {
      throw UnfitRecordException.nullInput(name);
    }
    byte[] bytes = record.getBinary(position);
    if (bytes.length != elements) {
      throw new UnfitRecordException(
          "length of bytes '%s': %d (expected: %d, as in tensor '%s')"
              .formatted(name, bytes.length, elements, column.spec().name()));
    }
    ((FixedWidthColumn) column).setBytes(row * elements, bytes, 0, elements);
  }

  @Override
  public long bytes(RowData record) {
    return elements;
  }
}
