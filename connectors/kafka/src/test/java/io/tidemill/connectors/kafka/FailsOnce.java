package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.Origin;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;

/** Passes records on, and fails the first time that one of a certain offset comes by. */
final class FailsOnce implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  private static final AtomicBoolean FAILED = new AtomicBoolean();

  private final int originIndex;
  private final long offset;

  FailsOnce(int originIndex, long offset) {
    this.originIndex = originIndex;
    this.offset = offset;
  }

  static boolean failed() {
    return FAILED.get();
  }

  @Override
  public RowData map(RowData row) {
    Origin origin = Origin.of(row, originIndex);
    if (origin != null
        && Objects.equals(origin.field(Origin.OFFSET), offset)
        && FAILED.compareAndSet(false, true)) {
      throw new IllegalStateException("fails once, as the test wants");
    }
    return row;
  }
}
