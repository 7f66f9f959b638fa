package io.tidemill.model.loader;

import io.tidemill.model.columnar.ColumnBatch;
import org.apache.arrow.memory.BufferAllocator;

/** Rows that a version must be able to score. */
@FunctionalInterface
interface Sample {
  /** A batch of this many rows; the caller closes it. */
  ColumnBatch of(int rows, BufferAllocator allocator);
}
