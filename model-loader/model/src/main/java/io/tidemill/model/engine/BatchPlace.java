package io.tidemill.model.engine;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;

/**
 * Where the rows of a batch are, all columns of which have a fixed width.
 *
 * <p>Immutable and thread-safe.
 */
public final class BatchPlace {
  private final int rows;
  private final ColumnSpec[] specs;
  private final long[] addresses;

  public BatchPlace(ColumnBatch batch) {
    rows = batch.rows();
    specs = new ColumnSpec[batch.columns()];
    addresses = new long[batch.columns()];
    for (int i = 0; i < specs.length; i++) {
      specs[i] = batch.column(i).spec();
      addresses[i] = batch.fixedWidth(i).address();
    }
  }

  /** Whether a batch has as many rows of the same kind in the same memory. */
  public boolean isOf(ColumnBatch batch) {
    boolean same = rows == batch.rows() && specs.length == batch.columns();
    for (int i = 0; same && i < specs.length; i++) {
      same =
          addresses[i] == batch.fixedWidth(i).address() && specs[i].equals(batch.column(i).spec());
    }
    return same;
  }

  /** Where the first column is. */
  public long address() {
    return addresses[0];
  }
}
