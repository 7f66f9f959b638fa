package io.tidemill.connectors.table;

import io.tidemill.connectors.iceberg.IcebergTable;
import java.util.Optional;
import org.apache.flink.table.connector.sink.DynamicTableSink;

/** A table of Iceberg, which its first run makes. */
record LakeTable(IcebergTable table) implements SinkTable {
  @Override
  public DynamicTableSink sink() {
    return table.sink();
  }

  @Override
  public DynamicTableSink running() {
    return table.running();
  }

  @Override
  public Optional<String> missing() {
    return table.isMissing() ? Optional.of(table.description()) : Optional.empty();
  }

  @Override
  public void make() {
    table.make();
  }
}
