package io.tidemill.connectors;

import org.junit.jupiter.api.Nested;

class KafkaRoomsTest {
  @Nested
  class RegistryRoom extends RoomContract {
    RegistryRoom() {
      super(
          "connectors.registry",
          ".problem .options .avro javax.net.ssl com.fasterxml.jackson.. org.apache.flink..");
    }
  }

  @Nested
  class KafkaRoom extends RoomContract {
    KafkaRoom() {
      super(
          "connectors.kafka",
          ".problem .options .avro .registry .record org.apache.flink.. "
              + "org.apache.kafka.. javax.net.ssl javax.security.auth.login org.slf4j");
    }
  }
}
