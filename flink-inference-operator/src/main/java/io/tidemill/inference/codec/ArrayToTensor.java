package io.tidemill.inference.codec;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryArrayData;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapArrayVector;
import org.jspecify.annotations.Nullable;

/**
 * Writes an array field into the row of a tensor: in one copy where both are of one primitive type,
 * whether the array is Java's or lies in the bytes of a row that came over the network.
 */
final class ArrayToTensor implements TensorWriter {
  private final ElementType type;
  private final String name;
  private final int position;
  private final boolean nullable;
  private final RowField element;
  private final int elements;
  private final boolean sameType;
  private final boolean nanForNull;

  /**
   * A writer.
   *
   * @param element how an element is read
   * @param elements the length that every array must have
   * @param nanForNull whether a null is written as NaN, which the type then has, and not refused
   */
  ArrayToTensor(
      ElementType type,
      String name,
      int position,
      boolean nullable,
      RowField element,
      int elements,
      boolean nanForNull) {
    this.type = type;
    this.name = name;
    this.position = position;
    this.nullable = nullable;
    this.element = element;
    this.elements = elements;
    this.nanForNull = nanForNull;
    this.sameType =
        switch (type) {
          case FLOAT32 -> element.kind() == RowField.Kind.FLOAT;
          case FLOAT64 -> element.kind() == RowField.Kind.DOUBLE;
          case INT32 -> element.kind() == RowField.Kind.INT;
          case INT64 -> element.kind() == RowField.Kind.LONG;
          case FLOAT16, BFLOAT16, INT8, INT16, UINT8, UINT16, UINT32, UINT64, BOOL, STRING -> false;
        };
  }

  @Override
  public void write(RowData record, Column column, int row) {
    if (nullable && record.isNullAt(position)) {
      if (!nanForNull) {
        throw UnfitRecordException.nullInput(name);
      }
      writeWithNan(null, (FixedWidthColumn) column, row * elements);
      return;
    }
    ArrayData array = record.getArray(position);
    if (array.size() != elements) {
      throw new UnfitRecordException(
          "length of array '%s': %d (expected: %d, as in tensor '%s')"
              .formatted(name, array.size(), elements, column.spec().name()));
    }
    boolean primitive = array instanceof GenericArrayData generic && generic.isPrimitiveArray();
    if (!primitive && element.nullable() && hasNull(array)) {
      writeWithNan(array, (FixedWidthColumn) column, row * elements);
    } else if (type == ElementType.STRING) {
      StringColumn strings = (StringColumn) column;
      for (int i = 0; i < elements; i++) {
        byte[] value = element.toBytes(array, i);
        strings.append(value, 0, value.length);
      }
    } else {
      FixedWidthColumn values = (FixedWidthColumn) column;
      int start = row * elements;
      if (sameType && primitive) {
        copyWhole(array, values, start);
      } else if (!sameType || !copyBytes(array, values, start)) {
        writeEach(array, values, start);
      }
    }
  }

  @Override
  public boolean writeAll(ColumnRows records, Column column) {
    if (type != ElementType.FLOAT32
        || !(records.column(position) instanceof HeapArrayVector lists)
        || !(lists.getChild() instanceof FloatColumnVector floats)) {
      return false;
    }
    FixedWidthColumn values = (FixedWidthColumn) column;
    int index = 0;
    for (int row = records.from(); row < records.from() + records.size(); row++) {
      if (lists.isNullAt(row) || lists.getLengths()[row] != elements) {
        return false;
      }
      int begin = (int) lists.getOffsets()[row];
      for (int i = begin; i < begin + elements; i++) {
        boolean isNull = floats.isNullAt(i);
        if (isNull && !nanForNull) {
          return false;
        }
        values.setFloat(index++, isNull ? Float.NaN : floats.getFloat(i));
      }
    }
    return true;
  }

  /** Whether an element is null, if that may be. */
  private boolean hasNull(ArrayData array) {
    if (array instanceof BinaryArrayData binary && !binary.anyNull()) {
      return false;
    }
    for (int i = 0; i < elements; i++) {
      if (array.isNullAt(i)) {
        if (!nanForNull) {
          throw UnfitRecordException.nullInput(name + "[" + i + "]");
        }
        return true;
      }
    }
    return false;
  }

  private void writeWithNan(@Nullable ArrayData array, FixedWidthColumn column, int start) {
    for (int i = 0; i < elements; i++) {
      if (type != ElementType.FLOAT64) {
        float value = array == null || array.isNullAt(i) ? Float.NaN : element.toFloat(array, i);
        if (type == ElementType.FLOAT32) {
          column.setFloat(start + i, value);
        } else {
          column.setHalf(start + i, value);
        }
      } else {
        double value = array == null || array.isNullAt(i) ? Double.NaN : element.toDouble(array, i);
        column.setDouble(start + i, value);
      }
    }
  }

  /** Copies a Java array of the tensor's type. */
  private void copyWhole(ArrayData array, FixedWidthColumn column, int start) {
    switch (type) {
      case FLOAT32 -> column.setFloats(start, array.toFloatArray(), 0, elements);
      case FLOAT64 -> column.setDoubles(start, array.toDoubleArray(), 0, elements);
      case INT32 -> column.setInts(start, array.toIntArray(), 0, elements);
      case INT64 -> column.setLongs(start, array.toLongArray(), 0, elements);
      case FLOAT16, BFLOAT16, INT8, INT16, UINT8, UINT16, UINT32, UINT64, BOOL, STRING ->
          throw new IllegalStateException("array to " + type.label());
    }
  }

  /** Copies bytes that lie as a tensor's do, if they are one piece of heap; answers whether. */
  private boolean copyBytes(ArrayData array, FixedWidthColumn column, int start) {
    if (!(array instanceof BinaryArrayData binary)) {
      return false;
    }
    MemorySegment[] segments = binary.getSegments();
    if (segments.length != 1 || segments[0].isOffHeap()) {
      return false;
    }
    int width = type.bytes();
    int from = binary.getOffset() + BinaryArrayData.calculateHeaderInBytes(elements);
    column.setBytes(start * width, segments[0].getArray(), from, elements * width);
    return true;
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
            column.setFloat(start + i, element.toFloat(array, i));
          }
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < elements; i++) {
          column.setDouble(start + i, element.toDouble(array, i));
        }
      }
      case FLOAT16, BFLOAT16 -> {
        for (int i = 0; i < elements; i++) {
          column.setHalf(start + i, element.toFloat(array, i));
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
      case INT8, INT16, UINT8, UINT16, UINT32, UINT64 -> {
        for (int i = 0; i < elements; i++) {
          column.whole(start + i, element.whole(element.toLong(array, i), type));
        }
      }
      case STRING -> throw new IllegalStateException("array to " + type.label());
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
