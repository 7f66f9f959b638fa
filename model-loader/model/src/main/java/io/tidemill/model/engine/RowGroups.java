package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Calls a model that takes one number of rows in each call: group after group, where they are in
 * the batch. Only a last group that is not full is copied, and padded with its last row, which the
 * model takes if it takes any.
 *
 * @param size rows of each call
 */
record RowGroups(ModelVersion version, int size, EngineSession session) {

  /** As {@link EngineSession#call}, for any number of rows. */
  List<Column> call(ColumnBatch input, BufferAllocator allocator) {
    int rows = input.rows();
    List<Column> all = List.of();
    try {
      for (int from = 0; from < rows; from += size) {
        int count = Math.min(size, rows - from);
        List<Column> part =
            count == size
                ? session.call(input.view(from, size), allocator)
                : callPadded(input, from, count, allocator);
        try {
          if (from == 0) {
            all = like(part, rows, allocator);
          }
          add(part, all, from, count);
        } finally {
          part.forEach(Column::close);
        }
      }
      return all;
    } catch (Throwable e) {
      all.forEach(Column::close);
      throw e;
    }
  }

  private List<Column> callPadded(
      ColumnBatch input, int from, int count, BufferAllocator allocator) {
    try (ColumnBatch group = ColumnBatch.allocate(allocator, specs(input), size)) {
      for (int i = 0; i < group.columns(); i++) {
        group.column(i).copy(0, input.column(i), from, count);
        for (int row = count; row < size; row++) {
          group.column(i).copy(row, input.column(i), from + count - 1, 1);
        }
      }
      group.rows(size);
      return session.call(group, allocator);
    }
  }

  private static List<ColumnSpec> specs(ColumnBatch batch) {
    List<ColumnSpec> specs = new ArrayList<>();
    for (int i = 0; i < batch.columns(); i++) {
      specs.add(batch.column(i).spec());
    }
    return specs;
  }

  private static List<Column> like(List<Column> part, int rows, BufferAllocator allocator) {
    return EngineModel.columns(
        part.size(), i -> Column.allocate(allocator, part.get(i).spec(), rows));
  }

  private void add(List<Column> part, List<Column> all, int from, int count) {
    for (int i = 0; i < part.size(); i++) {
      Column column = part.get(i);
      ColumnSpec spec = all.get(i).spec();
      if (column.capacity() != size || !column.spec().equals(spec)) {
        throw new InvalidModelException(
            "%s: output '%s' came back as %d rows of %d elements for %d rows, which the model takes in each call (expected: as many, of %d)"
                .formatted(
                    version,
                    spec.name(),
                    column.capacity(),
                    column.spec().elementsPerRow(),
                    size,
                    spec.elementsPerRow()));
      }
      all.get(i).copy(from, column, 0, count);
    }
  }
}
