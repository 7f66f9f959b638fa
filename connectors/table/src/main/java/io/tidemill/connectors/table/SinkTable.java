package io.tidemill.connectors.table;

import java.util.Optional;
import org.apache.flink.table.connector.sink.DynamicTableSink;

/** What a sink writes to. Implementations are immutable. */
interface SinkTable {
  /** What would write to it as it is now, or as it will be, only to be looked at. Makes nothing. */
  DynamicTableSink sink();

  /** What writes to it, which is there from now on. */
  default DynamicTableSink running() {
    return sink();
  }

  /** In words, where it is not there; else empty. */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** Makes it where it is not there. */
  default void make() {}
}
