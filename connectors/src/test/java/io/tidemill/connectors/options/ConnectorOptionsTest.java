package io.tidemill.connectors.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectorOptionsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "password",
        "properties.ssl.keystore.password",
        "properties.sasl.jaas.config",
        "properties.ssl.keystore.key",
        "s3.access-key",
        "s3.secret-key",
        "oauth.client.secret",
        "auth.token",
        "api_key",
        "avro-confluent.basic-auth.user-info"
      })
  void hidesWhatIsSecret(String key) {
    ConnectorOptions options = new ConnectorOptions("source", Map.of(key, "hunter2"));

    assertThat(options.toString()).contains(key).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"topic", "properties.group.id", "monkey", "path"})
  void showsWhatIsNot(String key) {
    ConnectorOptions options = new ConnectorOptions("source", Map.of(key, "plain"));

    assertThat(options.toString()).contains("plain");
  }

  @Test
  void missingConnectorIsNamed() {
    ConnectorOptions options = new ConnectorOptions("job.yaml: sink", Map.of("topic", "out"));

    assertThatThrownBy(options::connector)
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessage(
            "job.yaml: sink: connector: missing (expected: the name of a connector, such as kafka or"
                + " filesystem)");
  }
}
