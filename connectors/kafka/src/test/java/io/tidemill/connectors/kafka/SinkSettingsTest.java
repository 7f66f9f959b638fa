package io.tidemill.connectors.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class SinkSettingsTest {

  @Test
  void requestHoldsManyPredictionsUnlessTheJobSaysOtherwise() {
    assertThat(properties(Map.of())).containsEntry("batch.size", "131072");
    assertThat(properties(Map.of("properties.batch.size", "1000")))
        .containsEntry("batch.size", "1000");
  }

  /** It could allocate none of the larger ones, and each record would fail. */
  @Test
  void requestIsOfTheUsualSizeWhereTheJobBoundsTheBuffer() {
    assertThat(properties(Map.of("properties.buffer.memory", "65536")))
        .doesNotContainKey("batch.size");
    assertThat(properties(Map.of("properties.buffer.memory", "4194304")))
        .containsEntry("batch.size", "131072");
  }

  private static Properties properties(Map<String, String> more) {
    Map<String, String> values = new HashMap<>(more);
    values.put("topic", "out");
    ConnectorOptions options = new ConnectorOptions("sink", values);
    return SinkSettings.read(new KafkaOptions(options), "job", new OptionCheck(options))
        .properties();
  }
}
