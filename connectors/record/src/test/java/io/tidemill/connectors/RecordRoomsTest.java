package io.tidemill.connectors;

import org.junit.jupiter.api.Nested;

class RecordRoomsTest {
  @Nested
  class ProblemRoom extends RoomContract {
    ProblemRoom() {
      super("connectors.problem", "org.apache.commons.text..");
    }
  }

  @Nested
  class OptionsRoom extends RoomContract {
    OptionsRoom() {
      super("connectors.options", ".problem org.apache.flink..");
    }
  }

  @Nested
  class AvroRoom extends RoomContract {
    AvroRoom() {
      super("connectors.avro", ".problem org.apache.avro.. org.apache.flink..");
    }
  }

  @Nested
  class RecordRoom extends RoomContract {
    RecordRoom() {
      super("connectors.record", ".problem .options .avro org.apache.flink..");
    }
  }
}
