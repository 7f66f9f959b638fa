package io.tidemill.inference.codec;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.RowData;

/**
 * Writes an array field into the row of a tensor: in one copy where both are of one primitive type.
 */
final class ArrayToTensor implements TensorWriter {
  private final ElementType type;
  private final String name;
  private final int position;
  private final boolean nullable;
  private final RowField element;
  private final int elements;

  /**
   * A writer.
   *
   * @param element how an element is read
   * @param elements the length that every array must have
   */
  ArrayToTensor(
      ElementType type,
      String name,
      int position,
      boolean nullable,
      RowField element,
      int elements) {
    this.type = type;
    this.name = name;
    this.position = position;
    this.nullable = nullable;
    this.element = element;
    this.elements = elements;
  }

  @Override
  public void write(RowData record, Column column, int row) {
    if (nullable && record.isNullAt(position)) {
      throw UnfitRecordException.nullInput(name);
    }
    ArrayData array = record.getArray(position);
    if (array.size() != elements) {
      throw new UnfitRecordException(
          "length of array '%s': %d (expected: %d, as in tensor '%s')"
              .formatted(name, array.size(), elements, column.spec().name()));
    }
    boolean primitive = array instanceof GenericArrayData generic && generic.isPrimitiveArray();
    if (!primitive && element.nullable()) {
      checkNoNull(array);
    }
    if (type == ElementType.STRING) {
      StringColumn strings = (StringColumn) column;
      for (int i = 0; i < elements; i++) {
        byte[] value = element.toBytes(array, i);
        strings.append(value, 0, value.length);
      }
    } else {
      FixedWidthColumn values = (FixedWidthColumn) column;
      int start = row * elements;
      if (!primitive || !copyWhole(array, values, start)) {
        writeEach(array, values, start);
      }
    }
  }

  private void checkNoNull(ArrayData array) {
    for (int i = 0; i < elements; i++) {
      if (array.isNullAt(i)) {
        throw UnfitRecordException.nullInput(name + "[" + i + "]");
      }
    }
  }

  /** Copies the array as it is, if its type is the tensor's; answers whether it did. */
  private boolean copyWhole(ArrayData array, FixedWidthColumn column, int start) {
    switch (type) {
      case FLOAT32 -> {
        if (element.kind() == RowField.Kind.FLOAT) {
          column.setFloats(start, array.toFloatArray(), 0, elements);
          return true;
        }
      }
      case FLOAT64 -> {
        if (element.kind() == RowField.Kind.DOUBLE) {
          column.setDoubles(start, array.toDoubleArray(), 0, elements);
          return true;
        }
      }
      case INT32 -> {
        if (element.kind() == RowField.Kind.INT) {
          column.setInts(start, array.toIntArray(), 0, elements);
          return true;
        }
      }
      case INT64 -> {
        if (element.kind() == RowField.Kind.LONG) {
          column.setLongs(start, array.toLongArray(), 0, elements);
          return true;
        }
      }
      case UINT8, BOOL, STRING -> {
        return false;
      }
    }
    return false;
  }

  private void writeEach(ArrayData array, FixedWidthColumn column, int start) {
    switch (type) {
      case FLOAT32 -> {
        if (element.kind() == RowField.Kind.FLOAT) {
          for (int i = 0; i < elements; i++) {
            column.setFloat(start + i, array.getFloat(i));
          }
        } else {
          for (int i = 0; i < elements; i++) {
            column.setFloat(start + i, (float) element.toDouble(array, i));
          }
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < elements; i++) {
          column.setDouble(start + i, element.toDouble(array, i));
        }
      }
      case INT32 -> {
        for (int i = 0; i < elements; i++) {
          column.setInt(start + i, (int) element.toLong(array, i));
        }
      }
      case INT64 -> {
        for (int i = 0; i < elements; i++) {
          column.setLong(start + i, element.toLong(array, i));
        }
      }
      case BOOL -> {
        for (int i = 0; i < elements; i++) {
          column.setBoolean(start + i, array.getBoolean(i));
        }
      }
      case UINT8, STRING -> throw new IllegalStateException("array to " + type.label());
    }
  }

  @Override
  public long bytes(RowData record) {
    if (type != ElementType.STRING) {
      return (long) elements * type.bytes();
    }
    if (record.isNullAt(position)) {
      return 0;
    }
    long bytes = 0;
    ArrayData array = record.getArray(position);
    for (int i = 0; i < array.size(); i++) {
      bytes += array.isNullAt(i) ? 0 : element.toBytes(array, i).length;
    }
    return bytes;
  }
}
