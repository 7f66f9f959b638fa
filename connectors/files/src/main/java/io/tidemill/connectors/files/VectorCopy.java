package io.tidemill.connectors.files;

import java.util.List;
import org.apache.flink.table.data.columnar.vector.BytesColumnVector;
import org.apache.flink.table.data.columnar.vector.heap.AbstractHeapVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapArrayVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapBooleanVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapByteVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapBytesVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapDoubleVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapFloatVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapIntVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapShortVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapTimestampVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.TimestampType;

/**
 * Copies what a vector holds behind what another of its class holds. Immutable.
 *
 * @param <V> the class
 * @param whole copies the values of some rows, those that are null among them
 * @param value copies one that is none
 */
record VectorCopy<V extends AbstractHeapVector>(Class<V> type, Whole<V> whole, Value<V> value) {
  private static final List<VectorCopy<?>> ALL =
      List.of(
          new VectorCopy<>(
              HeapFloatVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setFloat(at, from.getFloat(i))),
          new VectorCopy<>(
              HeapDoubleVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setDouble(at, from.getDouble(i))),
          new VectorCopy<>(
              HeapIntVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setInt(at, from.getInt(i))),
          new VectorCopy<>(
              HeapLongVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setLong(at, from.getLong(i))),
          new VectorCopy<>(
              HeapShortVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setShort(at, from.getShort(i))),
          new VectorCopy<>(
              HeapByteVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setByte(at, from.getByte(i))),
          new VectorCopy<>(
              HeapBooleanVector.class,
              (from, rows, to, at) -> System.arraycopy(from.vector, 0, to.vector, at, rows),
              (from, i, to, at) -> to.setBoolean(at, from.getBoolean(i))),
          ofValues(
              HeapBytesVector.class,
              (from, i, to, at) -> {
                BytesColumnVector.Bytes bytes = from.getBytes(i);
                to.appendBytes(at, bytes.data, bytes.offset, bytes.len);
              }),
          ofValues(
              HeapTimestampVector.class,
              (from, i, to, at) ->
                  to.setTimestamp(at, from.getTimestamp(i, TimestampType.MAX_PRECISION))),
          new VectorCopy<>(HeapArrayVector.class, VectorCopy::lists, (from, i, to, at) -> {}));

  /** Of values that lie in arrays. */
  @FunctionalInterface
  interface Whole<V> {
    void copy(V from, int rows, V to, int at);
  }

  /** One value. */
  @FunctionalInterface
  interface Value<V> {
    void copy(V from, int row, V to, int at);
  }

  /** Whose values lie in no array of their own. */
  private static <V extends AbstractHeapVector> VectorCopy<V> ofValues(
      Class<V> type, Value<V> value) {
    return new VectorCopy<>(
        type,
        (from, rows, to, at) -> {
          for (int i = 0; i < rows; i++) {
            if (!from.isNullAt(i)) {
              value.copy(from, i, to, at + i);
            }
          }
        },
        value);
  }

  private static void lists(HeapArrayVector from, int rows, HeapArrayVector to, int at) {
    ListValues values = (ListValues) to.getChild();
    if (at == 0) {
      values.clear();
    }
    int begin = end(to, at);
    values.put(begin, (ListValues) from.getChild(), end(from, rows));
    for (int i = 0; i < rows; i++) {
      to.getOffsets()[at + i] = begin + from.getOffsets()[i];
      to.getLengths()[at + i] = from.getLengths()[i];
    }
  }

  /** How many values so many rows have. */
  private static int end(HeapArrayVector lists, int rows) {
    return rows == 0 ? 0 : (int) (lists.getOffsets()[rows - 1] + lists.getLengths()[rows - 1]);
  }

  /** That of a vector of a type that is read as columns. */
  static VectorCopy<?> of(WritableColumnVector vector) {
    for (VectorCopy<?> copy : ALL) {
      if (copy.type == vector.getClass()) {
        return copy;
      }
    }
    throw new IllegalArgumentException(
        "%s (expected: a vector of single values or of lists)".formatted(vector.getClass()));
  }

  /**
   * Copies the first rows.
   *
   * @param target holds {@code at} rows, those that were copied before
   */
  void copy(WritableColumnVector source, int rows, WritableColumnVector target, int at) {
    V from = type.cast(source);
    V to = type.cast(target);
    for (int i = 0; i < rows; i++) {
      if (from.isNullAt(i)) {
        to.setNullAt(at + i);
      }
    }
    if (!from.hasDictionary()) {
      whole.copy(from, rows, to, at);
      return;
    }
    // Those of a null are no number in the dictionary.
    for (int i = 0; i < rows; i++) {
      if (!from.isNullAt(i)) {
        value.copy(from, i, to, at + i);
      }
    }
  }
}
