package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.connectors.kafka.Certificates;
import io.tidemill.connectors.kafka.EmbeddedKafka;
import io.tidemill.model.store.S3Proxy;
import io.tidemill.model.store.oci.DockerRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each line of shell in docs/security.md, against servers of this machine that speak TLS and
 * demand a password.
 */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class SecurityPageITCase {
  private static final String PLUGIN = "flink-s3-fs-native-2.3.0.jar";
  private static final String KAFKA_SECRET = "the-\"secret\\of-the-broker";
  private static final String REGISTRY_SECRET = "the-secret-of-the-registry";
  private static final String S3_SECRET = "the-secret-of-the-lake";

  /** Of {@link #REGISTRY_SECRET}, by bcrypt. */
  private static final String REGISTRY_USER =
      "scoring:$2y$05$.umPE/6kJRO5OijOTz3jZ.ljY7u8bZo1/Zf.ZU7qd581JN/Pd7A2O\n";

  @TempDir private static Path shared;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static Certificates certificates;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static EmbeddedKafka kafka;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static S3Proxy s3;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static DockerRegistry registry;

  private static final String KAFKA_ADDRESS = "localhost:" + EmbeddedKafka.freePort();
  private static final String S3_ADDRESS = "127.0.0.1:" + EmbeddedKafka.freePort();

  // 127.0.0.1 would be spoken to without TLS.
  private static final String REGISTRY_ADDRESS = "127.0.0.2:" + EmbeddedKafka.freePort();

  @TempDir private Path directory;
  private Shell shell;
  private String page;

  @BeforeAll
  static void start() throws Exception {
    var program = DockerRegistry.program();
    assumeTrue(program.isPresent(), "no 'docker-registry' on the PATH");
    certificates = Certificates.make(shared.resolve("certificates"));
    Path users = Files.writeString(shared.resolve("users"), REGISTRY_USER);
    registry =
        DockerRegistry.startWithTls(
            program.get(),
            Files.createDirectory(shared.resolve("registry")),
            REGISTRY_ADDRESS,
            certificates.file("server.pem"),
            certificates.file("server.key"),
            users);
    s3 =
        S3Proxy.startWithTls(
            Files.createDirectory(shared.resolve("s3")),
            "lake",
            S3_ADDRESS,
            certificates.file("server.p12"),
            Certificates.PASSWORD,
            S3_SECRET);
    kafka =
        EmbeddedKafka.start(
            KAFKA_ADDRESS,
            Map.of(
                "sasl.enabled.mechanisms",
                "SCRAM-SHA-512",
                "listener.name.secure.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "ssl.keystore.type",
                "PKCS12",
                "ssl.keystore.location",
                certificates.file("server.p12").toString(),
                "ssl.keystore.password",
                Certificates.PASSWORD,
                "ssl.key.password",
                Certificates.PASSWORD));
    letIn("scoring", KAFKA_SECRET);
    for (String topic : List.of("payments", "fraud-scores", "fraud-dead-letters")) {
      kafka.createTopic(topic, 1);
    }
    kafka.send(
        Stream.of(
                "{\"id\":\"r1\",\"amount\":12.5,\"hour\":3,\"distance_km\":1,\"merchant_risk\":0.1}",
                "{\"id\":\"r2\",\"amount\":99,\"hour\":4,\"distance_km\":2,\"merchant_risk\":0.2}",
                "no payment")
            .map(text -> new ProducerRecord<byte[], byte[]>("payments", text.getBytes(UTF_8)))
            .toList());
  }

  private static void letIn(String user, String password) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      admin
          .alterUserScramCredentials(
              List.of(
                  new UserScramCredentialUpsertion(
                      user,
                      new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096),
                      password)))
          .all()
          .get();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (registry != null) {
      registry.close();
    }
    if (s3 != null) {
      s3.close();
    }
    if (kafka != null) {
      kafka.close();
    }
  }

  @BeforeEach
  void prepare() throws Exception {
    shell = new Shell(directory, Map.of());
    Files.copy(Path.of("target", "s3-fs-native", PLUGIN), directory.resolve(PLUGIN));
    Files.copy(certificates.file("ca.pem"), directory.resolve("ca.pem"));
    Path secrets = Files.createDirectory(directory.resolve("secrets"));
    Files.writeString(secrets.resolve("kafka"), KAFKA_SECRET);
    Files.writeString(secrets.resolve("registry"), REGISTRY_SECRET);
    Files.writeString(secrets.resolve("s3"), S3_SECRET);
    String text = Files.readString(Path.of("..", "..", "docs", "security.md"));
    assertThat(text)
        .contains("models.internal:5000", "broker.internal:9093", "https://s3.internal");
    page =
        String.join("", Shell.blocks(text))
            .replace("models.internal:5000", REGISTRY_ADDRESS)
            .replace("broker.internal:9093", KAFKA_ADDRESS)
            .replace("https://s3.internal", "https://" + S3_ADDRESS)
            .replace("s3.path-style-access: true\ns3.region: eu-central-1\n", unsigned())
            // The script of users gives them to Java; here it is Java that looks for them.
            .replace("export TIDEMILL_JAVA_OPTS", "export JDK_JAVA_OPTIONS");
  }

  /** What the endpoint wants beside its address. */
  private static String unsigned() {
    return s3.configuration().toMap().entrySet().stream()
        .filter(setting -> !setting.getKey().endsWith("-key"))
        .filter(setting -> !setting.getKey().equals("s3.endpoint"))
        .map(setting -> setting.getKey() + ": " + setting.getValue() + "\n")
        .collect(Collectors.joining());
  }

  private void assertShowsNoSecret(String out) throws Exception {
    assertThat(out + shell.errors())
        .doesNotContain(
            KAFKA_SECRET,
            KAFKA_SECRET.replace("\\", "\\\\").replace("\"", "\\\""),
            REGISTRY_SECRET,
            S3_SECRET,
            encoded("scoring:" + REGISTRY_SECRET));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  @Test
  void scoresOverEncryptedConnectionsAndShowsNoSecret() throws Exception {
    String out = shell.run(directory, page + "tidemill run kafka.yaml --debug\n");

    assertThat(out).contains("predictions  2", "store        oci://" + REGISTRY_ADDRESS);
    assertThat(out).contains("fraud:1.0.0");
    assertThat(kafka.readCommitted("fraud-scores")).isNotEmpty();
    assertThat(shell.errors()).doesNotContain("\tat ", "unexpected");
    assertShowsNoSecret(out);
  }

  /**
   * The page up to a line, which must fail, and no further. What comes before it in processes of
   * seconds and is another test's is left out, or done in this one.
   */
  private void fails(String line, String lines) throws Exception {
    int at = lines.indexOf(line);
    assertThat(at).isNotNegative();
    String before = lines.substring(0, at);
    if (before.contains("tidemill init scoring --template files\n")) {
      CommandRun init =
          CommandRun.of("init", directory.resolve("scoring").toString(), "--template", "files");
      assertThat(init.exitCode()).isEqualTo(ExitCode.DONE);
    }
    String needed = before.replaceAll("(?m)^tidemill (init|plan|run) .*\n", "");
    String out = shell.run(directory, needed + "if %s; then exit 9; fi%n".formatted(line));
    assertThat(shell.errors()).doesNotContain("\tat ", "unexpected");
    assertShowsNoSecret(out);
  }

  @Test
  void namesAMechanismThatTheBrokerDoesNotHave() throws Exception {
    fails("tidemill run kafka.yaml", page.replace("SCRAM-SHA-512", "SCRAM-SHA-256"));

    assertThat(shell.errors())
        .contains(
            "the Kafka broker at "
                + KAFKA_ADDRESS
                + " takes no such login: Client SASL mechanism 'SCRAM-SHA-256' not enabled");
  }

  @Test
  void namesAWrongPasswordOfTheBroker() throws Exception {
    Files.writeString(directory.resolve("secrets/kafka"), "wrong-" + KAFKA_SECRET);

    fails("tidemill run kafka.yaml", page);

    assertThat(shell.errors())
        .contains(
            "the Kafka broker at " + KAFKA_ADDRESS + " takes no such login: Authentication failed");
  }

  @Test
  void namesAWrongPasswordOfTheRegistry() throws Exception {
    Files.writeString(directory.resolve("secrets/registry"), "wrong-" + REGISTRY_SECRET);

    fails(push("oci://" + REGISTRY_ADDRESS + "/team/models"), page);

    assertThat(shell.errors()).contains("401: no credentials, or wrong ones");
    assertThat(shell.errors())
        .doesNotContain(REGISTRY_SECRET, encoded("scoring:wrong-" + REGISTRY_SECRET));
  }

  private static String push(String store) {
    return "tidemill model push scoring/fraud.onnx fraud:1.0.0 --store " + store;
  }

  @Test
  void namesAWrongSecretOfTheLake() throws Exception {
    Files.writeString(directory.resolve("secrets/s3"), "wrong-" + S3_SECRET);

    String withoutRegistry = page.replace(push("oci://" + REGISTRY_ADDRESS + "/team/models"), ":");
    fails(push("s3://lake/models"), withoutRegistry);

    assertThat(shell.errors())
        .contains("store 's3://lake/models'", "and that its credentials allow this");
  }

  @Test
  void namesABrokerWhoseAuthorityIsAnother() throws Exception {
    Certificates other = Certificates.make(directory.resolve("other"));
    Files.copy(other.file("ca.pem"), directory.resolve("other.pem"));

    fails("tidemill run kafka.yaml", page.replace("location: ca.pem", "location: other.pem"));

    assertThat(shell.errors())
        .contains("no trust between this client and the Kafka broker at " + KAFKA_ADDRESS);
  }

  @Test
  void namesARegistryAndALakeWhoseAuthorityIsNotBelieved() throws Exception {
    String unbelieving = page.replaceAll("export JDK_JAVA_OPTIONS[^\n]*\n", "");

    fails(push("oci://" + REGISTRY_ADDRESS + "/team/models"), unbelieving);
    String said = shell.errors();
    assertThat(said)
        .contains("store 'oci://" + REGISTRY_ADDRESS)
        .contains("unable to find valid certification path");

    String lake = unbelieving.substring(unbelieving.indexOf("mkdir -p flink/conf"));
    fails(push("s3://lake/models"), lake);
    assertThat(shell.errors().substring(said.length()))
        .contains("store 's3://lake/models'")
        .contains("unable to find valid certification path");
  }
}
