package io.tidemill.connectors.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectorOptionsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "password",
        "Authorization",
        "set-cookie",
        "properties.ssl.keystore.password",
        "properties.sasl.jaas.config",
        "properties.ssl.keystore.key",
        "s3.access-key",
        "metadata.api-key",
        "s3.secret-key",
        "oauth.client.secret",
        "auth.token",
        "api_key",
        "avro-confluent.basic-auth.user-info",
        "properties.basic.auth.user.info",
        "properties.schema.registry.basic.auth.user.info",
        "properties.ssl.key.passphrase"
      })
  void hidesWhatIsSecret(String key) {
    ConnectorOptions options = new ConnectorOptions("source", Map.of(key, "hunter2"));

    assertThat(options.toString()).contains(key).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://KEY:hunter2@bucket/in",
        "s3://KEY:hun/ter/hunter2@bucket/in",
        "http://user:p@hunter2@registry:8081",
        "https://hunter2@registry.example.com/",
        "jdbc:postgresql://db:5432/fraud?user=me&password=hunter2&ssl=true",
        "jdbc:oracle:thin:scott/hunter2@//db:1521/shop",
        "PlainLoginModule required username=\"me\" password=\"hunter2\";",
        "{\"token\": \"hunter2\"}",
        "my.api-key.of-token_password2=hunter2",
        "https://host/path?access_token=hunter2"
      })
  void hidesSecretsInsideValues(String value) {
    assertThat(ConnectorOptions.shown("path", value)).contains("******").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://models/tidemill",
        "oci://localhost:5000/team/models/fraud@sha256:12",
        "localhost:9092,other:9092",
        "fraud@production",
        "store: a URI with a password (expected: none)",
        "jdbc:postgresql://db:5432/fraud?user=me"
      })
  void showsValuesWithoutSecretsAsTheyAre(String value) {
    assertThat(ConnectorOptions.shown("path", value)).isEqualTo(value);
  }

  /** A value of somebody else's record, which would hold up whoever looks at it. */
  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void longValuesTakeNoLongerThanTheyAre() {
    for (String value :
        List.of("password".repeat(200_000), ("http://" + "a:".repeat(1_000)).repeat(1_000) + "/")) {
      assertThat(ConnectorOptions.withoutSecrets(value)).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topic",
        "properties.group.id",
        "monkey",
        "path",
        "metadata.key",
        "metadata.message_key",
        "key.fields"
      })
  void showsWhatIsNot(String key) {
    ConnectorOptions options = new ConnectorOptions("source", Map.of(key, "plain"));

    assertThat(options.toString()).contains("plain");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          filesystem | path                                                 | true
          kafka      | properties.ssl.truststore.location                   | true
          kafka      | properties.sasl.oauthbearer.assertion.private.key.file | true
          kafka      | avro-confluent.ssl.keystore.location                 | true
          kafka      | value.avro-confluent.ssl.truststore.location         | true
          iceberg    | account                                              | true
          iceberg    | warehouse                                            | true
          iceberg    | hadoop-conf-dir                                      | true
          kafka      | warehouse                                            | false
          kafka      | topic                                                | false
          kafka      | properties.ssl.truststore.type                       | false
          """)
  void tellsWhichOptionsNameAFile(String connector, String key, boolean file) {
    ConnectorOptions options =
        new ConnectorOptions("source", Map.of("connector", connector, key, "a"));

    assertThat(options.files()).isEqualTo(file ? List.of(key) : List.of());
  }

  @Test
  void nameOfACatalogAndWhatKafkaFindsOutAreNoFiles() {
    String store = "properties.ssl.truststore.location";

    for (Map<String, String> values :
        List.of(
            Map.of("connector", "iceberg", "catalog-type", "rest", "warehouse", "lake"),
            Map.of("connector", "iceberg", "catalog-impl", "my.Catalog", "warehouse", "lake"),
            Map.of("connector", "kafka", store, "${file:/run/secrets/kafka:store}"),
            Map.of(store, "trusted", "properties.ssl.engine.factory.class", "my.Stores"))) {
      assertThat(new ConnectorOptions("source", values).files()).as("%s", values).isEmpty();
    }
  }

  @Test
  void missingConnectorIsNamed() {
    ConnectorOptions options = new ConnectorOptions("job.yaml: sink", Map.of("topic", "out"));

    assertThatThrownBy(options::connector)
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessage(
            "job.yaml: sink: connector: missing (expected: the name of a connector, such as kafka"
                + " or filesystem)");
  }
}
