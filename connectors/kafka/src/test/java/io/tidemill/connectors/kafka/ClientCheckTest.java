package io.tidemill.connectors.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Provider;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.provider.FileConfigProvider;
import org.apache.kafka.common.security.auth.SecurityProviderCreator;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientCheckTest {
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"s3cret\";";

  @TempDir private Path directory;

  private static List<String> problems(String... options) {
    ConnectorOptions written =
        options(
            Map.of(
                "connector", "kafka", "topic", "in", "properties.bootstrap.servers", "broker:9092"),
            options);
    return problems(written, new KafkaOptions(written));
  }

  private static ConnectorOptions options(Map<String, String> first, String... more) {
    Map<String, String> values = new HashMap<>(first);
    for (int i = 0; i < more.length; i += 2) {
      values.put(more[i], more[i + 1]);
    }
    return new ConnectorOptions("job.yaml: source", values);
  }

  private static List<String> problems(ConnectorOptions written, KafkaOptions connected) {
    OptionCheck check = new OptionCheck(written);
    ClientCheck.run(written, connected, ConsumerConfig.configDef(), check);
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
    assertThat(problems("properties.sasl.login.class", NotMade.class.getName()))
        .singleElement()
        .asString()
        .contains("it says: not made");
  }

  @Test
  void whatTheClientOnlyWarnsOfIsNotRefused() {
    assertThat(
            problems(
                "properties.bootstrap.servers", "broker:9092,broker:9092",
                "properties.ssl.enabled.protocols", "TLSv1.3, TLSv1.3"))
        .isEmpty();
  }

  @Test
  void securityThatTheProtocolDoesNotHaveIsNotRead() {
    assertThat(
            problems(
                "properties.security.protocol", "PLAINTEXT",
                "properties.sasl.jaas.config", "",
                "properties.ssl.keystore.location", "",
                "properties.ssl.truststore.location", absent(),
                "properties.ssl.truststore.password", ""))
        .isEmpty();
  }

  @Test
  void whatAConfigProviderGivesIsLeftToTheClient() {
    String[] provided = {
      "properties.config.providers", "file",
      "properties.config.providers.file.class", FileConfigProvider.class.getName(),
      "properties.bootstrap.servers", "${file:/run/kafka:brokers}",
      "properties.fetch.min.bytes", "${file:/run/kafka:bytes}",
      "properties.security.protocol", "SASL_SSL",
      "properties.sasl.jaas.config", "${file:/run/kafka:login}",
      "properties.ssl.truststore.location", absent(),
      "properties.ssl.truststore.password", "${file:/run/kafka:password}"
    };
    assertThat(problems(provided)).isEmpty();
    provided[0] = "properties.without.providers";
    assertThat(problems(provided)).hasSize(3);
  }

  @Test
  void noPieceOfASecretIsPrinted() {
    assertThat(
            problems(
                "properties.bootstrap.servers", "SSL://a:s3cret@broker:9092,b:s3cret@broker:9092",
                "properties.fetch.min.bytes", "password=s3cret",
                "properties.security.protocol", "SASL_SSL",
                "properties.sasl.jaas.config", LOGIN.replace("\"s3cret", "\"with\"s3cret\"")))
        .hasSize(4)
        .noneMatch(problem -> problem.contains("s3cret"));
    assertThat(
            problems(
                "properties.security.protocol",
                "SASL_SSL",
                "properties.sasl.jaas.config",
                LOGIN.replace("required", "s3cret")))
        .singleElement()
        .asString()
        .doesNotContain("s3cret");
  }

  private static List<String> loginProblems(String login) {
    return problems(
        "properties.security.protocol", "SASL_SSL", "properties.sasl.jaas.config", login);
  }

  @Test
  void aLoginModuleIsOnTheClassPathAndItsEntryIsWhole() {
    assertThat(loginProblems(LOGIN)).isEmpty();
    assertThat(loginProblems("org.apache.flink.kafka.shaded." + LOGIN))
        .singleElement()
        .asString()
        .startsWith(
            "job.yaml: source: properties.sasl.jaas.config: login module"
                + " 'org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule'"
                + " is not on the class path");
    assertThat(loginProblems(LOGIN.replace(";", "")))
        .singleElement()
        .asString()
        .contains("MODULE required KEY=\"VALUE\" ...;")
        .doesNotContain("s3cret");
  }

  @Test
  void storesOfKeysAndCertificatesAreReadWithTheirPasswords() throws Exception {
    Path store = emptyStore("PKCS12");
    String absent = absent();

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
      assertThat(
              problems(
                  "properties.security.protocol",
                  "SSL",
                  "properties.ssl.truststore.location",
                  none))
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
    trusting[1] = "ssl";
    trusting[3] = store + " ";
    assertThat(problems(trusting)).isEmpty();
    trusting[7] = "an0ther";
    assertThat(problems(trusting))
        .singleElement()
        .asString()
        .startsWith("job.yaml: source: properties.security.protocol: ")
        .contains(store.toString(), "password")
        .doesNotContain("an0ther");
  }

  @Test
  void aStoreOfOnesOwnIsReadWithWhatAConnectionOfAnotherPartAdds() throws Exception {
    Path store = emptyStore("JKS");
    ConnectorOptions written =
        options(
            Map.of("connector", "kafka", "topic", "out"),
            "properties.security.protocol",
            "SSL",
            "properties.ssl.keystore.location",
            store.toString());
    for (boolean right : List.of(true, false)) {
      ConnectorOptions source =
          options(
              Map.of("connector", "kafka", "properties.bootstrap.servers", "broker:9092"),
              "properties.ssl.keystore.password",
              right ? "s3cret" : "an0ther");
      assertThat(problems(written, new KafkaOptions(written).connectedLike(source)))
          .hasSize(right ? 0 : 1);
    }
    ConnectorOptions refused =
        options(
            Map.of("connector", "kafka", "properties.bootstrap.servers", "broker:9092"),
            "properties.ssl.engine.factory.class",
            "no.such.Factory");
    assertThat(problems(written, new KafkaOptions(written).connectedLike(refused))).isEmpty();
  }

  @Test
  void aPluginOfTheUsersOwnMayReadStoresThatKafkaDoesNot() throws Exception {
    Path store = emptyStore("JKS");
    assertThat(
            problems(
                "properties.security.protocol", "SSL",
                "properties.ssl.engine.factory.class", DefaultSslEngineFactory.class.getName(),
                "properties.ssl.truststore.location", "classpath:trust.jks"))
        .isEmpty();
    assertThat(
            problems(
                "properties.security.protocol",
                "SSL",
                "properties.security.providers",
                OwnStores.class.getName(),
                "properties.ssl.truststore.type",
                "OWN",
                "properties.ssl.truststore.location",
                store.toString()))
        .isEmpty();
  }

  private Path emptyStore(String type) throws Exception {
    Path store = directory.resolve("store." + type);
    KeyStore empty = KeyStore.getInstance(type);
    empty.load(null, null);
    try (OutputStream out = Files.newOutputStream(store)) {
      empty.store(out, "s3cret".toCharArray());
    }
    return store;
  }

  private String absent() {
    return directory.resolve("keys.jks").toString();
  }

  /** A class that does not come to be. */
  static final class NotMade {
    static final Object FIELD = fail();

    private static Object fail() {
      throw new IllegalStateException("not made");
    }
  }

  /** Knows a kind of store that the JDK does not. */
  public static final class OwnStores implements SecurityProviderCreator {
    @Override
    public Provider getProvider() {
      return new OwnProvider();
    }
  }

  private static final class OwnProvider extends Provider {
    private static final long serialVersionUID = 1L;

    OwnProvider() {
      super("OwnStores", "1", "stores of this test");
      put("KeyStore.OWN", "sun.security.provider.JavaKeyStore$JKS");
    }
  }
}
