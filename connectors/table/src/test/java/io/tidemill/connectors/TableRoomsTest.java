package io.tidemill.connectors;

import org.junit.jupiter.api.Nested;

class TableRoomsTest {
  @Nested
  class IcebergRoom extends RoomContract {
    IcebergRoom() {
      super("connectors.iceberg", ".options org.apache.flink.. org.apache.iceberg.. org.slf4j");
    }
  }

  @Nested
  class TableRoom extends RoomContract {
    TableRoom() {
      super(
          "connectors.table",
          ".problem .options .avro .record .files .iceberg org.apache.flink.. " + "org.slf4j");
    }
  }
}
