package io.tidemill.model.golden;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.StringColumn;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The first row of a batch, on the heap.
 *
 * <p>Immutable and thread-safe.
 *
 * @param elements of each column: all bytes of a fixed width, or those of each string
 */
record KeptRow(List<ColumnSpec> specs, List<List<byte[]>> elements) {

  static KeptRow of(ColumnBatch batch) {
    List<ColumnSpec> specs = new ArrayList<>();
    List<List<byte[]>> elements = new ArrayList<>();
    for (int i = 0; i < batch.columns(); i++) {
      ColumnSpec spec = batch.column(i).spec();
      specs.add(spec);
      List<byte[]> parts = new ArrayList<>();
      if (batch.column(i) instanceof StringColumn strings) {
        for (int element = 0; element < spec.elementsPerRow(); element++) {
          parts.add(strings.get(element));
        }
      } else {
        byte[] bytes = new byte[Math.toIntExact(spec.bytesPerRow())];
        batch.fixedWidth(i).getBytes(0, bytes, 0, bytes.length);
        parts.add(bytes);
      }
      elements.add(parts);
    }
    return new KeptRow(specs, elements);
  }

  /** A batch of this row. The caller closes it. */
  ColumnBatch batch(BufferAllocator allocator) {
    ColumnBatch batch = ColumnBatch.allocate(allocator, specs, 1);
    try {
      for (int i = 0; i < specs.size(); i++) {
        for (byte[] part : elements.get(i)) {
          if (batch.column(i) instanceof StringColumn strings) {
            strings.append(part, 0, part.length);
          } else {
            batch.fixedWidth(i).setBytes(0, part, 0, part.length);
          }
        }
      }
      batch.rows(1);
      return batch;
    } catch (RuntimeException e) {
      batch.close();
      throw e;
    }
  }
}
