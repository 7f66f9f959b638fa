package io.tidemill.connectors.files;

import java.util.Optional;
import org.apache.flink.formats.parquet.vector.reader.ColumnReader;
import org.apache.flink.table.data.columnar.vector.heap.HeapArrayVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Reads a column of lists of numbers: Flink's own reader boxes each level of each value. How a list
 * is told by the levels of its values is <a
 * href="https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists">Parquet's</a>.
 */
final class ListReader implements ColumnReader<WritableColumnVector> {
  private final org.apache.parquet.column.ColumnReader column;
  private final int present;
  private final int presentList;
  private final int presentSlot;

  /**
   * A reader at the begin of a row group.
   *
   * @param type of which {@link #element} knows the elements
   * @param createdBy who wrote the file
   */
  ListReader(Type type, PageReadStore pages, @Nullable String createdBy) {
    this.column = ValueReader.column(type, pages, createdBy);
    ColumnDescriptor descriptor = column.getDescriptor();
    this.present = descriptor.getMaxDefinitionLevel();
    this.presentList = type.isRepetition(Type.Repetition.OPTIONAL) ? 1 : 0;
    this.presentSlot = presentList + 1;
  }

  /** Whether columns of a declared type are lists that are read here. */
  static boolean reads(LogicalType declared) {
    return declared instanceof ArrayType array
        && switch (array.getElementType().getTypeRoot()) {
          case FLOAT, DOUBLE, INTEGER, BIGINT -> true;
          default -> false;
        };
  }

  /** The elements of a list in a file; empty where they are no single values. */
  static Optional<PrimitiveType> element(Type list) {
    if (list.isPrimitive() || list.asGroupType().getFieldCount() != 1) {
      return Optional.empty();
    }
    Type repeated = list.asGroupType().getType(0);
    if (!repeated.isRepetition(Type.Repetition.REPEATED)) {
      return Optional.empty();
    }
    if (repeated.isPrimitive()) {
      return Optional.of(repeated.asPrimitiveType());
    }
    GroupType slot = repeated.asGroupType();
    return slot.getFieldCount() == 1
            && slot.getType(0).isPrimitive()
            && !slot.getType(0).isRepetition(Type.Repetition.REPEATED)
        ? Optional.of(slot.getType(0).asPrimitiveType())
        : Optional.empty();
  }

  /** A vector of lists that has no values yet. */
  static HeapArrayVector vector(int rows, LogicalType declared) {
    return new HeapArrayVector(rows, ListValues.of(((ArrayType) declared).getElementType()));
  }

  @Override
  public void readToVector(int rows, WritableColumnVector vector) {
    HeapArrayVector lists = (HeapArrayVector) vector;
    ListValues values = (ListValues) lists.getChild();
    values.clear();
    long[] offsets = lists.getOffsets();
    long[] lengths = lists.getLengths();
    int count = 0;
    for (int row = 0; row < rows; row++) {
      offsets[row] = count;
      int level = column.getCurrentDefinitionLevel();
      if (level < presentSlot) {
        if (level < presentList) {
          lists.setNullAt(row);
        }
        column.consume();
      } else {
        do {
          values.put(count++, column, column.getCurrentDefinitionLevel() == present);
          column.consume();
        } while (column.getCurrentRepetitionLevel() > 0);
      }
      lengths[row] = count - offsets[row];
    }
  }
}
