package io.tidemill.model.golden;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Records that someone wrote down for a model, as a reader of JSON has them: each has a value for
 * every input, which is a number, a boolean, a text, or a list of them, nested as one likes. Bytes
 * that are no text are {@code {"b64": "…"}}; a {@code byte[]} is the tensor's memory,
 * little-endian.
 *
 * <p>Not thread-safe.
 */
final class SampleRecords {
  private static final int MOST_PROBLEMS = 20;

  private final List<Map<String, Object>> records;
  private final List<String> problems = new ArrayList<>();

  SampleRecords(List<Map<String, Object>> records) {
    this.records = records;
  }

  /**
   * The inputs of one call with every record. The caller closes them.
   *
   * @throws IllegalArgumentException if a record does not fit the signature, with all such problems
   */
  ColumnBatch inputs(Signature signature, BufferAllocator allocator) {
    if (records.isEmpty()) {
      throw new IllegalArgumentException("records: none (expected: >= 1)");
    }
    List<TensorSpec> tensors = signature.inputs();
    checkNames(tensors.stream().map(TensorSpec::name).collect(Collectors.toSet()));
    List<List<List<Object>>> values = tensors.stream().map(this::values).toList();
    refuseProblems();
    List<ColumnSpec> specs = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      TensorSpec tensor = tensors.get(i);
      specs.add(new ColumnSpec(tensor.name(), tensor.type(), values.get(i).get(0).size()));
    }
    ColumnBatch batch = ColumnBatch.allocate(allocator, specs, records.size());
    try {
      for (int i = 0; i < specs.size(); i++) {
        fill(batch.column(i), values.get(i));
      }
      refuseProblems();
      batch.rows(records.size());
      return batch;
    } catch (RuntimeException e) {
      batch.close();
      throw e;
    }
  }

  private void checkNames(Set<String> names) {
    for (int i = 0; i < records.size(); i++) {
      if (!records.get(i).keySet().equals(names)) {
        problem(
            i,
            "values of %s (expected: of the inputs %s)".formatted(records.get(i).keySet(), names));
      }
    }
  }

  /** The elements of an input, record by record. */
  private List<List<Object>> values(TensorSpec tensor) {
    List<List<Object>> rows = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      List<Object> row = new ArrayList<>();
      if (records.get(i).get(tensor.name()) instanceof byte[] memory) {
        decode(tensor, memory, row);
      } else {
        flatten(records.get(i).get(tensor.name()), row);
      }
      int width =
          tensor.hasFixedRows() || rows.isEmpty()
              ? tensor.hasFixedRows() ? tensor.elementsPerRow() : Math.max(1, row.size())
              : rows.get(0).size();
      if (row.size() != width) {
        problem(
            i,
            "input '%s': %d elements (expected: %d)".formatted(tensor.name(), row.size(), width));
      }
      rows.add(row);
    }
    return rows;
  }

  private static void decode(TensorSpec tensor, byte[] memory, List<Object> elements) {
    int bytes = tensor.type().bytes();
    boolean whole = bytes == Float.BYTES || bytes == Double.BYTES;
    boolean known = tensor.type().kind() == ElementType.Kind.FLOAT ? whole : bytes > 0;
    if (!known || memory.length % bytes != 0) {
      throw new IllegalArgumentException(
          "input '%s': %d bytes of memory (expected: elements of %s)"
              .formatted(tensor.name(), memory.length, tensor.type().label()));
    }
    ByteBuffer in = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      elements.add(element(in, tensor.type().kind(), bytes));
    }
  }

  private static Object element(ByteBuffer in, ElementType.Kind kind, int bytes) {
    if (kind == ElementType.Kind.FLOAT) {
      return bytes == Float.BYTES ? (Object) in.getFloat() : (Object) in.getDouble();
    }
    if (kind == ElementType.Kind.BOOL) {
      return in.get() != 0;
    }
    boolean signed = kind == ElementType.Kind.SIGNED;
    return switch (bytes) {
      case Byte.BYTES -> signed ? (long) in.get() : Byte.toUnsignedLong(in.get());
      case Short.BYTES -> signed ? (long) in.getShort() : Short.toUnsignedLong(in.getShort());
      case Integer.BYTES -> signed ? (long) in.getInt() : Integer.toUnsignedLong(in.getInt());
      default -> in.getLong();
    };
  }

  private static void flatten(@Nullable Object value, List<Object> elements) {
    if (value instanceof List<?> list) {
      list.forEach(element -> flatten(element, elements));
    } else if (value != null) {
      elements.add(value);
    }
  }

  private void fill(Column column, List<List<Object>> rows) {
    int element = 0;
    for (int i = 0; i < rows.size(); i++) {
      for (Object value : rows.get(i)) {
        try {
          set(column, element++, value);
        } catch (IllegalArgumentException | ClassCastException unfit) {
          problem(
              i,
              unfit instanceof ClassCastException
                  ? "input '%s': %s (expected: a value for %s)"
                      .formatted(column.spec().name(), value, column.spec().type().label())
                  : "input '%s': %s".formatted(column.spec().name(), unfit.getMessage()));
        }
      }
    }
  }

  private static void set(Column column, int element, Object value) {
    if (column instanceof StringColumn strings) {
      byte[] bytes =
          value instanceof Map<?, ?> coded
              ? Base64.getDecoder().decode(String.valueOf(coded.get("b64")))
              : ((String) value).getBytes(StandardCharsets.UTF_8);
      strings.append(bytes, 0, bytes.length);
      return;
    }
    FixedWidthColumn numbers = (FixedWidthColumn) column;
    if (column.spec().type() == ElementType.BOOL) {
      numbers.setBoolean(element, (Boolean) value);
    } else {
      numbers.number(element, (Number) value);
    }
  }

  private void problem(int record, String problem) {
    problems.add("record %d: %s".formatted(record + 1, problem));
  }

  private void refuseProblems() {
    if (!problems.isEmpty()) {
      int more = problems.size() - MOST_PROBLEMS;
      throw new IllegalArgumentException(
          problems.stream().limit(MOST_PROBLEMS).collect(Collectors.joining("\n"))
              + (more > 0 ? "\nand %d more".formatted(more) : ""));
    }
  }
}
