package io.tidemill.inference.table;

import io.tidemill.model.RoomContract;

class SqlRoomTest extends RoomContract {
  SqlRoomTest() {
    super(
        "io.tidemill.inference.table",
        "io.tidemill.inference.[codec|operator|step]",
        "io.tidemill.model",
        "io.tidemill.model.columnar",
        "io.tidemill.model.loader",
        "io.tidemill.model.store..",
        "org.apache.flink.api.common",
        "org.apache.flink.configuration",
        "org.apache.flink.metrics",
        "org.apache.flink.table..",
        "org.apache.flink.util",
        "org.slf4j");
  }
}
