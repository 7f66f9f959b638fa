package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Subject;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VariableWidthFieldVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * A file's vector that holds a tensor. Several elements per row are a {@code FixedSizeList}, which
 * may be nested; one element per row is a plain vector or a list of one.
 *
 * <p>Not thread-safe; the vector stays its owner's.
 */
final class TensorVector {
  private final ColumnSpec spec;
  private final FieldVector elements;

  private TensorVector(ColumnSpec spec, FieldVector elements) {
    this.spec = spec;
    this.elements = elements;
  }

  /**
   * A vector that has some rows of a tensor.
   *
   * @throws InvalidModelException if it is something else
   */
  static TensorVector of(Subject file, TensorSpec tensor, FieldVector vector, int rows) {
    Subject subject = file.at(tensor.name());
    long width = 1;
    FieldVector elements = vector;
    checkWhole(subject, elements);
    while (elements instanceof FixedSizeListVector list) {
      width *= list.getListSize();
      elements = list.getDataVector();
      checkWhole(subject, elements);
    }
    boolean wide = tensor.hasFixedRows() ? width == tensor.elementsPerRow() : width >= 1;
    if (!wide || !fits(elements, tensor.type()) || elements.getValueCount() < rows * width) {
      throw new InvalidModelException(
          subject,
          "column '%s': %s (expected: %s)"
              .formatted(tensor.name(), describe(vector.getField()), tensor),
          null);
    }
    if (elements instanceof VariableWidthFieldVector) {
      checkOffsets(subject, elements);
    }
    return new TensorVector(
        new ColumnSpec(tensor.name(), tensor.type(), Math.toIntExact(width)), elements);
  }

  private static void checkWhole(Subject subject, FieldVector vector) {
    if (vector.getNullCount() > 0) {
      throw new InvalidModelException(
          subject,
          "column '%s': %d nulls (expected: none)"
              .formatted(subject.tensor(), vector.getNullCount()),
          null);
    }
    if (vector.getField().getDictionary() != null) {
      throw new InvalidModelException(
          subject,
          "column '%s': dictionary-encoded (expected: plain values)".formatted(subject.tensor()),
          null);
    }
  }

  /** Arrow reads wherever the offsets say. */
  private static void checkOffsets(Subject subject, FieldVector strings) {
    ArrowBuf offsets = strings.getOffsetBuffer();
    int end = 0;
    for (int i = 0; i <= strings.getValueCount(); i++) {
      int next = offsets.getInt((long) i * Integer.BYTES);
      if (next < end || next > strings.getDataBuffer().capacity()) {
        throw new InvalidModelException(
            subject,
            "column '%s': a string that ends at byte %d (expected: %d to %d)"
                .formatted(subject.tensor(), next, end, strings.getDataBuffer().capacity()),
            null);
      }
      end = next;
    }
  }

  private static boolean fits(FieldVector elements, ElementType type) {
    return type == ElementType.STRING
        ? elements instanceof VarCharVector || elements instanceof VarBinaryVector
        : elements.getField().getType().equals(arrow(type));
  }

  private static String describe(Field field) {
    return field.getChildren().isEmpty()
        ? field.getType().toString()
        : field.getType() + " of " + describe(field.getChildren().get(0));
  }

  /**
   * A copy of the first rows, and of the same again until there are enough.
   *
   * @param rows how many the vector has
   * @param wanted how many the copy has
   */
  Column copy(int rows, int wanted, BufferAllocator allocator) {
    int there = Math.toIntExact((long) rows * spec.elementsPerRow());
    int count = Math.toIntExact((long) wanted * spec.elementsPerRow());
    ColumnBatch batch = ColumnBatch.allocate(allocator, List.of(spec), wanted);
    try {
      if (elements instanceof VariableWidthFieldVector strings) {
        for (int i = 0; i < count; i++) {
          byte[] value = strings.get(i % there);
          batch.strings(0).append(value, 0, value.length);
        }
      } else if (elements instanceof BitVector bits) {
        for (int i = 0; i < count; i++) {
          batch.fixedWidth(0).setBoolean(i, bits.get(i % there) != 0);
        }
      } else {
        copyBytes(batch.fixedWidth(0).bytes(), there * spec.type().bytes());
      }
      return batch.column(0);
    } catch (RuntimeException e) {
      batch.close();
      throw e;
    }
  }

  private void copyBytes(ByteBuffer target, int there) {
    ByteBuffer values = elements.getDataBuffer().nioBuffer(0, there);
    for (int at = 0; at < target.capacity(); at += there) {
      target.put(at, values, 0, Math.min(there, target.capacity() - at));
    }
  }

  /** Vectors with the first rows of the columns of some batches. The caller closes them. */
  static List<FieldVector> write(List<ColumnBatch> batches, int rows, BufferAllocator allocator) {
    List<FieldVector> vectors = new ArrayList<>();
    try {
      for (ColumnBatch batch : batches) {
        for (int i = 0; i < batch.columns(); i++) {
          FieldVector vector = field(batch.column(i).spec()).createVector(allocator);
          vectors.add(vector);
          write(batch.column(i), rows, vector);
        }
      }
      return vectors;
    } catch (RuntimeException e) {
      AutoCloseables.close(e, vectors);
      throw e;
    }
  }

  private static void write(Column column, int rows, FieldVector vector) {
    vector.setInitialCapacity(rows);
    vector.allocateNew();
    FieldVector elements = vector;
    if (vector instanceof FixedSizeListVector list) {
      elements = list.getDataVector();
      for (int row = 0; row < rows; row++) {
        list.setNotNull(row);
      }
    }
    int count = rows * column.spec().elementsPerRow();
    if (column instanceof StringColumn strings) {
      for (int i = 0; i < count; i++) {
        ((VarBinaryVector) elements).setSafe(i, strings.get(i));
      }
    } else if (elements instanceof BitVector bits) {
      for (int i = 0; i < count; i++) {
        bits.setSafe(i, ((FixedWidthColumn) column).getBoolean(i) ? 1 : 0);
      }
    } else {
      vector.setValueCount(rows);
      int bytes = count * column.spec().type().bytes();
      elements.getValidityBuffer().setOne(0, elements.getValidityBuffer().capacity());
      elements.getDataBuffer().setBytes(0, ((FixedWidthColumn) column).bytes(), 0, bytes);
    }
    vector.setValueCount(rows);
  }

  private static Field field(ColumnSpec spec) {
    FieldType elements = FieldType.notNullable(arrow(spec.type()));
    if (spec.elementsPerRow() == 1) {
      return new Field(spec.name(), elements, null);
    }
    return new Field(
        spec.name(),
        FieldType.notNullable(new ArrowType.FixedSizeList(spec.elementsPerRow())),
        List.of(new Field("item", elements, null)));
  }

  private static ArrowType arrow(ElementType type) {
    return switch (type.kind()) {
      // Arrow has no bfloat16: its bits.
      case FLOAT ->
          type == ElementType.BFLOAT16
              ? new ArrowType.Int(Short.SIZE, false)
              : new ArrowType.FloatingPoint(
                  switch (type) {
                    case FLOAT16 -> FloatingPointPrecision.HALF;
                    case FLOAT32 -> FloatingPointPrecision.SINGLE;
                    default -> FloatingPointPrecision.DOUBLE;
                  });
      case SIGNED -> new ArrowType.Int(type.bytes() * Byte.SIZE, true);
      case UNSIGNED -> new ArrowType.Int(type.bytes() * Byte.SIZE, false);
      case BOOL -> new ArrowType.Bool();
      // A model's strings need not be UTF-8.
      case STRING -> new ArrowType.Binary();
    };
  }
}
