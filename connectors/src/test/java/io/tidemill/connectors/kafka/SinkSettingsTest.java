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

  private static Properties properties(Map<String, String> more) {
    Map<String, String> values = new HashMap<>(more);
    values.put("topic", "out");
    ConnectorOptions options = new ConnectorOptions("sink", values);
    return SinkSettings.read(new KafkaOptions(options), "job", new OptionCheck(options))
        .properties();
  }
}
