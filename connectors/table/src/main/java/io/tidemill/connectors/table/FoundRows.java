package io.tidemill.connectors.table;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.table.data.RowData;

/** Gathers the rows that a reader gives, for whoever polls it. Not thread-safe. */
final class FoundRows implements ReaderOutput<RowData> {
  private final List<RowData> rows = new ArrayList<>();

  /** Those since the last call. */
  List<RowData> take() {
    List<RowData> taken = List.copyOf(rows);
    rows.clear();
    return taken;
  }

  @Override
  public void collect(RowData row) {
    rows.add(row);
  }

  @Override
  public void collect(RowData row, long timestamp) {
    collect(row);
  }

  @Override
  public void emitWatermark(Watermark watermark) {}

  @Override
  public void markIdle() {}

  @Override
  public void markActive() {}

  @Override
  public SourceOutput<RowData> createOutputForSplit(String splitId) {
    return this;
  }

  @Override
  public void releaseOutputForSplit(String splitId) {}
}
