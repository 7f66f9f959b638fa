package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtUtil;
import ai.onnxruntime.TensorInfo;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import io.tidemill.model.engine.OutputShape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Makes the columns of one output.
 *
 * <p>Where the signature says how wide a row is, ONNX Runtime writes into the column itself. It is
 * a copy where that is not known before the call, and for strings.
 *
 * <p>Immutable and thread-safe.
 */
final class OutputTensor {
  private final ModelVersion version;
  private final TensorSpec spec;
  private final OutputShape shape;
  private final Optional<ColumnSpec> fixed;

  OutputTensor(ModelVersion version, TensorSpec spec) {
    this.version = version;
    this.spec = spec;
    fixed =
        spec.type() != ElementType.STRING && spec.hasFixedRows()
            ? Optional.of(spec.column())
            : Optional.empty();
    shape = new OutputShape(version, spec);
  }

  String name() {
    return spec.name();
  }

  /** Whether its memory can be had before the call. */
  boolean hasKnownSize() {
    return fixed.isPresent();
  }

  /**
   * Memory for the rows of a call, of a {@linkplain #hasKnownSize known size}.
   *
   * @throws ModelOutOfMemoryException if they would pass the 2 GiB of a column
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  FixedWidthColumn allocate(int rows, BufferAllocator allocator) {
    ColumnSpec column = fixed.orElseThrow();
    long bytes = rows * column.bytesPerRow();
    if (bytes > Integer.MAX_VALUE - FixedWidthColumn.ALIGNMENT) {
      throw new ModelOutOfMemoryException(
          "%s: output '%s' of %d rows has %d bytes (expected: below 2 GiB); give the step a smaller max-size"
              .formatted(version, spec.name(), rows, bytes));
    }
    return OutputShape.own(column, rows, allocator.buffer(bytes));
  }

  /** A tensor over all of a column. The caller closes it; the memory stays the column's. */
  OnnxTensor over(OrtEnvironment environment, FixedWidthColumn column) throws OrtException {
    long[] sizes = spec.shape().stream().mapToLong(Long::longValue).toArray();
    sizes[0] = column.capacity();
    return OnnxType.of(spec.type()).over(environment, column.bytes().slice(), sizes);
  }

  /**
   * A copy of what came back, with as many rows as it has.
   *
   * @throws ModelCallException if it is not what the signature says
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  Column copy(OnnxValue value, BufferAllocator allocator) throws OrtException {
    if (!(value instanceof OnnxTensor tensor)) {
      throw new ModelCallException(
          "%s: output '%s' came back as %s (expected: a dense tensor)"
              .formatted(version, spec.name(), value.getInfo()));
    }
    TensorInfo info = tensor.getInfo();
    long[] sizes = info.getShape();
    ColumnSpec column = shape.of(OnnxType.label(info), sizes);
    int rows = Math.toIntExact(sizes[0]);
    return spec.type() == ElementType.STRING
        ? copyStrings(tensor, column, rows, allocator)
        : copyValues(tensor, column, rows, allocator);
  }

  private static FixedWidthColumn copyValues(
      OnnxTensor tensor, ColumnSpec spec, int rows, BufferAllocator allocator) {
    FixedWidthColumn column = FixedWidthColumn.allocate(allocator, spec, rows);
    if (rows > 0) {
      ByteBuffer values = tensor.getByteBuffer();
      column.bytes().put(0, values, 0, values.remaining());
    }
    return column;
  }

  private static StringColumn copyStrings(
      OnnxTensor tensor, ColumnSpec spec, int rows, BufferAllocator allocator) throws OrtException {
    StringColumn column = StringColumn.allocate(allocator, spec, rows);
    try {
      if (rows > 0) {
        for (String text : OrtUtil.flattenString(tensor.getValue())) {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          column.append(bytes, 0, bytes.length);
        }
      }
      return column;
    } catch (OrtException | RuntimeException e) {
      column.close();
      throw e;
    }
  }
}
