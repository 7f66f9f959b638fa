package io.tidemill.model.golden;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
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
 * that are no text are {@code {"b64": "…"}}, or a {@code byte[]} in a list; as an input's value one
 * is its memory, little-endian.
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
    List<List<Object>> values = tensors.stream().map(this::rows).toList();
    refuseProblems();
    List<ColumnSpec> specs = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      TensorSpec tensor = tensors.get(i);
      specs.add(new ColumnSpec(tensor.name(), tensor.type(), width(tensor, values.get(i).get(0))));
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

  /** The value of an input in each record: the memory of its row, or a list of its elements. */
  private List<Object> rows(TensorSpec tensor) {
    List<Object> rows = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      Object value = records.get(i).get(tensor.name());
      List<Object> elements = new ArrayList<>();
      flatten(value, elements);
      Object row = value instanceof byte[] memory ? memory : elements;
      int width = width(tensor, row);
      int expected =
          tensor.hasFixedRows()
              ? tensor.elementsPerRow()
              : rows.isEmpty() ? Math.max(1, width) : width(tensor, rows.get(0));
      if (width != expected) {
        problem(
            i, "input '%s': %d elements (expected: %d)".formatted(tensor.name(), width, expected));
      }
      rows.add(row);
    }
    return rows;
  }

  private static int width(TensorSpec tensor, Object row) {
    if (row instanceof byte[] memory) {
      int bytes = tensor.type().bytes();
      if (bytes == 0 || memory.length % bytes != 0) {
        throw new IllegalArgumentException(
            "input '%s': %d bytes of memory (expected: elements of %s)"
                .formatted(tensor.name(), memory.length, tensor.type().label()));
      }
      return memory.length / bytes;
    }
    return ((List<?>) row).size();
  }

  private static void flatten(@Nullable Object value, List<Object> elements) {
    if (value instanceof List<?> list) {
      list.forEach(element -> flatten(element, elements));
    } else if (value != null) {
      elements.add(value);
    }
  }

  private void fill(Column column, List<Object> rows) {
    int width = column.spec().elementsPerRow();
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i) instanceof byte[] memory) {
        // Columns and tensors have the same memory, on machines that begin with the lowest byte.
        ((FixedWidthColumn) column).setBytes(i * memory.length, memory, 0, memory.length);
        continue;
      }
      int element = i * width;
      for (Object value : (List<?>) rows.get(i)) {
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
      byte[] bytes = bytes(value);
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

  private static byte[] bytes(Object text) {
    if (text instanceof Map<?, ?> coded) {
      return Base64.getDecoder().decode(String.valueOf(coded.get("b64")));
    }
    return text instanceof byte[] bytes ? bytes : ((String) text).getBytes(StandardCharsets.UTF_8);
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
