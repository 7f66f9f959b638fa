package io.tidemill.connectors.kafka;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.table.data.RowData;

/**
 * Passes records on, and fails once in mid-stream: some records after a checkpoint, or without one
 * at record 300.
 */
final class FailsOnce extends RichMapFunction<RowData, RowData> implements CheckpointListener {
  private static final long serialVersionUID = 1L;

  private static final AtomicBoolean FAILED = new AtomicBoolean();

  private int seen;
  private int seenAtCheckpoint = -1;

  static boolean failed() {
    return FAILED.get();
  }

  @Override
  public RowData map(RowData row) {
    seen++;
    boolean midStream = seenAtCheckpoint >= 0 && seen > seenAtCheckpoint + 20;
    if ((midStream || seen == 300) && FAILED.compareAndSet(false, true)) {
      throw new IllegalStateException("fails once, as the test wants");
    }
    return row;
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    seenAtCheckpoint = seen;
  }
}
