package io.tidemill.connectors.table;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFilterFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * Keeps tombstones from tables, which have no row for a record without values, and counts them in
 * {@code tombstonesSkipped}. Task thread only.
 */
final class SkipTombstones extends RichFilterFunction<RowData> {
  private static final long serialVersionUID = 1L;

  static final String METRIC = "tombstonesSkipped";

  private transient @Nullable Counter skipped;

  @Override
  public void open(OpenContext context) {
    skipped = getRuntimeContext().getMetricGroup().counter(METRIC);
  }

  @Override
  public boolean filter(RowData row) {
    if (row.getRowKind() != RowKind.DELETE) {
      return true;
    }
    if (skipped != null) {
      skipped.inc();
    }
    return false;
  }
}
