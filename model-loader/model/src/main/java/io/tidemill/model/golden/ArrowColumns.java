package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VariableWidthFieldVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * Copies between a file's vectors and the columns of a call. A tensor of several elements per row
 * is a {@code FixedSizeList}, which may be nested; one element per row is a plain vector or a list
 * of one.
 */
final class ArrowColumns {
  private static final Map<ElementType, Class<? extends FieldVector>> VECTORS =
      Map.of(
          ElementType.FLOAT32, Float4Vector.class,
          ElementType.FLOAT64, Float8Vector.class,
          ElementType.INT32, IntVector.class,
          ElementType.INT64, BigIntVector.class,
          ElementType.UINT8, UInt1Vector.class,
          ElementType.BOOL, BitVector.class);

  private ArrowColumns() {}

  /**
   * A copy of the first rows of a vector.
   *
   * @param tensor what the vector has to be
   * @throws InvalidModelException if it is something else
   */
  static Column read(FieldVector vector, TensorSpec tensor, int rows, BufferAllocator allocator) {
    long width = 1;
    FieldVector elements = vector;
    checkWhole(elements, tensor);
    while (elements instanceof FixedSizeListVector list) {
      width *= list.getListSize();
      elements = list.getDataVector();
      checkWhole(elements, tensor);
    }
    boolean wide = tensor.hasFixedRows() ? width == tensor.elementsPerRow() : width >= 1;
    if (!wide || !fits(elements, tensor.type()) || elements.getValueCount() < rows * width) {
      throw new InvalidModelException(
          "column '%s': %s (expected: %s)"
              .formatted(tensor.name(), describe(vector.getField()), tensor));
    }
    ColumnSpec spec = new ColumnSpec(tensor.name(), tensor.type(), Math.toIntExact(width));
    int count = Math.toIntExact(rows * width);
    return tensor.type() == ElementType.STRING
        ? strings((VariableWidthFieldVector) elements, spec, rows, count, allocator)
        : fixedWidth(elements, spec, rows, count, allocator);
  }

  private static void checkWhole(FieldVector vector, TensorSpec tensor) {
    if (vector.getNullCount() > 0) {
      throw new InvalidModelException(
          "column '%s': %d nulls (expected: none)".formatted(tensor.name(), vector.getNullCount()));
    }
    if (vector.getField().getDictionary() != null) {
      throw new InvalidModelException(
          "column '%s': dictionary-encoded (expected: plain values)".formatted(tensor.name()));
    }
  }

  private static boolean fits(FieldVector elements, ElementType type) {
    return type == ElementType.STRING
        ? elements instanceof VarCharVector || elements instanceof VarBinaryVector
        : elements.getClass() == VECTORS.get(type);
  }

  private static String describe(Field field) {
    return field.getChildren().isEmpty()
        ? field.getType().toString()
        : field.getType() + " of " + describe(field.getChildren().get(0));
  }

  private static Column strings(
      VariableWidthFieldVector source,
      ColumnSpec spec,
      int rows,
      int count,
      BufferAllocator allocator) {
    StringColumn column = StringColumn.allocate(allocator, spec, rows);
    try {
      for (int i = 0; i < count; i++) {
        byte[] value = source.get(i);
        column.append(value, 0, value.length);
      }
      return column;
    } catch (RuntimeException e) {
      column.close();
      throw e;
    }
  }

  private static Column fixedWidth(
      FieldVector source, ColumnSpec spec, int rows, int count, BufferAllocator allocator) {
    FixedWidthColumn column = FixedWidthColumn.allocate(allocator, spec, rows);
    try {
      if (source instanceof BitVector bits) {
        for (int i = 0; i < count; i++) {
          column.setBoolean(i, bits.get(i) != 0);
        }
      } else {
        int bytes = Math.multiplyExact(count, spec.type().bytes());
        ByteBuffer values = source.getDataBuffer().nioBuffer(0, bytes);
        column.bytes().put(0, values, 0, bytes);
      }
      return column;
    } catch (RuntimeException e) {
      column.close();
      throw e;
    }
  }

  /** A vector with the first rows of a column. The caller closes it. */
  static FieldVector write(Column column, int rows, BufferAllocator allocator) {
    ColumnSpec spec = column.spec();
    int width = spec.elementsPerRow();
    FieldVector vector = field(spec).createVector(allocator);
    try {
      vector.setInitialCapacity(rows);
      vector.allocateNew();
      FieldVector elements = vector;
      if (vector instanceof FixedSizeListVector list) {
        elements = list.getDataVector();
        for (int row = 0; row < rows; row++) {
          list.setNotNull(row);
        }
      }
      for (int i = 0; i < rows * width; i++) {
        set(elements, i, column);
      }
      vector.setValueCount(rows);
      return vector;
    } catch (RuntimeException e) {
      vector.close();
      throw e;
    }
  }

  private static Field field(ColumnSpec spec) {
    FieldType elements = FieldType.notNullable(type(spec.type()));
    if (spec.elementsPerRow() == 1) {
      return new Field(spec.name(), elements, null);
    }
    return new Field(
        spec.name(),
        FieldType.notNullable(new ArrowType.FixedSizeList(spec.elementsPerRow())),
        List.of(new Field("item", elements, null)));
  }

  private static ArrowType type(ElementType type) {
    return switch (type) {
      case FLOAT32 -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
      case FLOAT64 -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
      case INT32 -> new ArrowType.Int(32, true);
      case INT64 -> new ArrowType.Int(64, true);
      case UINT8 -> new ArrowType.Int(8, false);
      case BOOL -> new ArrowType.Bool();
      // A model's strings need not be UTF-8.
      case STRING -> new ArrowType.Binary();
    };
  }

  private static void set(FieldVector vector, int index, Column column) {
    if (column instanceof StringColumn strings) {
      ((VarBinaryVector) vector).setSafe(index, strings.get(index));
      return;
    }
    FixedWidthColumn values = (FixedWidthColumn) column;
    switch (column.spec().type()) {
      case FLOAT32 -> ((Float4Vector) vector).setSafe(index, values.getFloat(index));
      case FLOAT64 -> ((Float8Vector) vector).setSafe(index, values.getDouble(index));
      case INT32 -> ((IntVector) vector).setSafe(index, values.getInt(index));
      case INT64 -> ((BigIntVector) vector).setSafe(index, values.getLong(index));
      case UINT8 -> ((UInt1Vector) vector).setSafe(index, values.getByte(index));
      case BOOL -> ((BitVector) vector).setSafe(index, values.getBoolean(index) ? 1 : 0);
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    }
  }
}
