package io.tidemill.connectors.table;

import java.util.Optional;
import org.apache.flink.table.connector.sink.DynamicTableSink;

/** What a sink writes to. Implementations are immutable. */
interface SinkTable {
  /** What writes to it as it is now, or to one as it will be. Makes nothing. */
  DynamicTableSink sink();

  /** In words, where it is not there; else empty. */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** Makes it where it is not there. */
  default void make() {}
}
