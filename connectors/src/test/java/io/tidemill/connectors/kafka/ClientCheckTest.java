package io.tidemill.connectors.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientCheckTest {
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"s3cret\";";

  @TempDir private Path directory;

  private static List<String> problems(String... options) {
    Map<String, String> values = new HashMap<>();
    values.put("connector", "kafka");
    values.put("topic", "in");
    values.put("properties.bootstrap.servers", "broker:9092");
    for (int i = 0; i < options.length; i += 2) {
      values.put(options[i], options[i + 1]);
    }
    ConnectorOptions written = new ConnectorOptions("job.yaml: source", values);
    OptionCheck check = new OptionCheck(written);
    ClientCheck.run(written, ConsumerConfig.configDef(), check);
    return check.problemCount() == 0
        ? List.of()
        : check.failure().problems().stream().map(Object::toString).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"broker", "broker:", "broker:0", "broker:65536", "broker:99999999999", ":9092"})
  void anAddressNeedsAHostAndAPort(String address) {
    assertThat(problems("properties.bootstrap.servers", "broker:9092, " + address))
        .containsExactly(
            "job.yaml: source: properties.bootstrap.servers: '%s' (expected: host:port, as in broker:9092)"
                .formatted(address));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[::1]:9092", "10.0.0.1:1", "SSL://b-1.kafka.internal:65535"})
  void anAddressMayBeOneOfAnyKindThatKafkaTakes(String address) {
    assertThat(problems("properties.bootstrap.servers", address)).isEmpty();
  }

  @Test
  void topicsThatNoBrokerTakesAreRefusedOneByOne() {
    assertThat(problems("topic", "in;card payments;..;" + "x".repeat(250)))
        .hasSize(3)
        .anyMatch(problem -> problem.startsWith("job.yaml: source: topic: 'card payments': "))
        .anyMatch(problem -> problem.startsWith("job.yaml: source: topic: '..': "))
        .anyMatch(problem -> problem.contains("249"));
  }

  @Test
  void valuesThatTheClientDoesNotReadAreRefusedAllAtOnce() {
    assertThat(
            problems(
                "properties.fetch.min.bytes", "much",
                "properties.security.protocol", "TLS",
                "properties.sasl.login.callback.handler.class", "no.such.Handler",
                "properties.of.a.user", "anything"))
        .hasSize(3)
        .anyMatch(
            problem ->
                problem.startsWith(
                    "job.yaml: source: properties.fetch.min.bytes: 'much' (expected: a value that Kafka's client reads; it says: "))
        .anyMatch(problem -> problem.contains("properties.security.protocol: 'TLS'"))
        .anyMatch(problem -> problem.contains("no.such.Handler"));
  }

  @Test
  void aLoginModuleIsOnTheClassPathAndItsEntryIsWhole() {
    assertThat(problems("properties.sasl.jaas.config", LOGIN)).isEmpty();
    assertThat(problems("properties.sasl.jaas.config", "org.apache.flink.kafka.shaded." + LOGIN))
        .singleElement()
        .asString()
        .startsWith(
            "job.yaml: source: properties.sasl.jaas.config: login module"
                + " 'org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule'"
                + " is not on the class path");
    assertThat(problems("properties.sasl.jaas.config", LOGIN.replace(";", "")))
        .singleElement()
        .asString()
        .contains("MODULE required KEY=\"VALUE\" ...;")
        .doesNotContain("s3cret");
  }

  @Test
  void storesOfKeysAndCertificatesAreReadWithTheirPasswords() throws Exception {
    Path store = directory.resolve("trust.p12");
    KeyStore empty = KeyStore.getInstance("PKCS12");
    empty.load(null, null);
    try (OutputStream out = Files.newOutputStream(store)) {
      empty.store(out, "s3cret".toCharArray());
    }
    String absent = directory.resolve("keys.jks").toString();

    assertThat(
            problems(
                "properties.security.protocol", "SSL",
                "properties.ssl.keystore.location", absent,
                "properties.ssl.truststore.location", absent))
        .containsExactly(
            "job.yaml: source: properties.ssl.keystore.location: '%s' (expected: a file that can be read, here and on every machine that runs the job)"
                .formatted(absent),
            "job.yaml: source: properties.ssl.truststore.location: '%s' (expected: a file that can be read, here and on every machine that runs the job)"
                .formatted(absent));
    for (String none : List.of("", directory.toString(), "a\0b")) {
      assertThat(problems("properties.ssl.truststore.location", none))
          .singleElement()
          .asString()
          .contains("ssl.truststore.location: '" + none + "' (expected: a file");
    }
    String[] trusting = {
      "properties.security.protocol", "SSL",
      "properties.ssl.truststore.location", store.toString(),
      "properties.ssl.truststore.type", "PKCS12",
      "properties.ssl.truststore.password", "s3cret"
    };
    assertThat(problems(trusting)).isEmpty();
    trusting[7] = "an0ther";
    assertThat(problems(trusting))
        .singleElement()
        .asString()
        .startsWith("job.yaml: source: properties.security.protocol: ")
        .contains(store.toString(), "password")
        .doesNotContain("an0ther");
  }
}
