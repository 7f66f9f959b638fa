package io.tidemill.connectors.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.tidemill.connectors.avro.AvroSchema;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers that a real registry does not give when it is wanted. */
class RegistryClientTest {
  private static final String AVSC =
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}";
  private static final String SCHEMA = "{\"schema\":\"" + AVSC.replace("\"", "\\\"") + "\"}";

  private final List<String> asked = new ArrayList<>();
  private final Map<String, List<String>> answers = new HashMap<>();

  @SuppressWarnings("NullAway.Init") // Set before each test.
  private HttpServer server;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    start(server);
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @Test
  void registryThatIsAwayIsAskedAgain() throws Exception {
    answer("/schemas/ids/7", "503 ", "500 {\"message\":\"not yet\"}", "200 " + SCHEMA);

    assertThat(client(3).schema("/schemas/ids/7")).contains(List.of(AVSC));
    assertThat(asked).hasSize(3);
  }

  @Test
  void registryThatStaysAwayFailsTheTaskAndNotTheRecord() throws Exception {
    answer("/schemas/ids/7", "503 {\"message\":\"closed\"}");

    assertThatThrownBy(() -> client(3).schema("/schemas/ids/7"))
        .isInstanceOf(RegistryException.class)
        .hasMessage(
            "schema registry at %s: /schemas/ids/7 answers 503: closed (3 attempts; expected: an answer to /schemas/ids/7)"
                .formatted(url()));
  }

  @Test
  void refusedCredentialsAndWrongPathsAreNoUnknownSchemas() throws Exception {
    answer("/schemas/ids/7", "401 {\"error_code\":401,\"message\":\"who?\"}");
    answer("/schemas/ids/8", "404 <html>");
    answer("/schemas/ids/9", "302 ");

    for (int id = 7; id < 10; id++) {
      String path = "/schemas/ids/" + id;
      assertThatThrownBy(() -> client(3).schema(path))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(path + " answers ");
    }
    assertThat(asked).hasSize(3);
  }

  @Test
  void anAnswerWithoutAnEndIsNotWaitedForLonger() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    server.createContext(
        "/schemas/ids/7",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          awaitEnd(over);
        });
    RegistryClient client =
        new RegistryClient(settings(url(), null), 1, Duration.ZERO, Duration.ofMillis(200));

    try {
      assertThatThrownBy(() -> client.schema("/schemas/ids/7"))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("no whole answer in 200 ms");
    } finally {
      over.countDown();
    }
  }

  private static void awaitEnd(CountDownLatch over) {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void unknownSchemaIsAskedForOnce() {
    answer("/schemas/ids/7", "404 {\"error_code\":40403,\"message\":\"none\"}");
    RegistryDecoder decoder = decoder(settings(url(), null));

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> decoder.deserialize(new byte[] {0, 0, 0, 0, 7, 2}))
          .isExactlyInstanceOf(IOException.class)
          .hasMessageStartingWith("/schemas/ids/7 is not in the schema registry at " + url());
    }
    assertThat(asked).hasSize(1);
  }

  @Test
  void schemaIsKnownByItsGuidToo() throws Exception {
    UUID guid = UUID.fromString("89791762-2336-4186-9674-299b90a802e2");
    answer("/schemas/guids/" + guid, "200 " + SCHEMA);
    byte[] record =
        ByteBuffer.allocate(18)
            .put((byte) 1)
            .putLong(guid.getMostSignificantBits())
            .putLong(guid.getLeastSignificantBits())
            .put((byte) 10)
            .array();

    RowData row = decoder(settings(url(), null)).deserialize(record);

    assertThat(row.getInt(0)).isEqualTo(5);
  }

  /** Garbage may begin as one that is named so, at a registry that names none. */
  @Test
  void guidOfARegistryWithoutGuidsFailsTheRecord() {
    UUID guid = new UUID(0x0202020202020202L, 0x0202020202020202L);
    answer("/schemas/guids/" + guid, "404 {\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}");
    byte[] garbage = new byte[20];
    Arrays.fill(garbage, (byte) 2);
    garbage[0] = 1;

    // What stands before a registry that is away answers all alike.
    assertThatThrownBy(() -> decoder(settings(url(), null)).deserialize(garbage))
        .isInstanceOf(RegistryException.class);
    answer("/schemas/types", "200 [\"AVRO\"]");
    assertThatThrownBy(() -> decoder(settings(url(), null)).deserialize(garbage))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith("/schemas/guids/" + guid + " is not in the schema registry at ");
  }

  @Test
  void schemaWithoutThoseThatItNamesFailsTheRecord() {
    String gone = "/subjects/gone/versions/3";
    answer(
        "/schemas/ids/7",
        "200 {\"schema\":\"{}\",\"references\":[{\"subject\":\"gone\",\"version\":3}]}");
    answer(gone, "404 {\"error_code\":40401,\"message\":\"none\"}");

    assertThatThrownBy(
            () -> decoder(settings(url(), null)).deserialize(new byte[] {0, 0, 0, 0, 7, 2}))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage(
            "/schemas/ids/7 of the schema registry: refers to %s, which is not there (expected: a schema that is)",
            gone);
  }

  @Test
  void schemaThatDoesNotParseFailsTheRecord() {
    answer("/schemas/ids/7", "200 {\"schema\":\"{\\\"type\\\":\\\"rekord\\\"}\"}");

    assertThatThrownBy(
            () -> decoder(settings(url(), null)).deserialize(new byte[] {0, 0, 0, 0, 7, 2}))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "/schemas/ids/7 of the schema registry: Avro schema: does not parse");
  }

  @Test
  void bytesThatNameNoSchemaFailTheRecord() {
    for (byte[] bytes : new byte[][] {{}, {0, 0, 0}, {1, 2, 3, 4, 5, 6}, "plain".getBytes(UTF_8)}) {
      assertThatThrownBy(() -> decoder(settings(url(), null)).deserialize(bytes))
          .isExactlyInstanceOf(IOException.class)
          .hasMessageContaining("(expected: 0x00 and a schema's number, or 0x01 and its GUID");
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void nextOfSeveralRegistriesIsAskedWhereOneDoesNotAnswer() throws Exception {
    answer("/schemas/ids/7", "200 " + SCHEMA);
    var two = new RegistrySettings(List.of("http://127.0.0.1:1", url()), null, null, null);

    assertThat(
            new RegistryClient(two, 2, Duration.ZERO, RegistryClient.ANSWER)
                .schema("/schemas/ids/7"))
        .isPresent();
  }

  @Test
  void tlsAndPasswordAreThoseOfTheJob(@TempDir Path folder) throws Exception {
    Path keys = folder.resolve("keys.p12");
    int made =
        new ProcessBuilder(
                (Path.of(System.getProperty("java.home"), "bin", "keytool")
                        + " -genkeypair -alias a -keyalg EC -dname CN=localhost -ext san=ip:127.0.0.1"
                        + " -storepass secret -keystore "
                        + keys)
                    .split(" "))
            .start()
            .waitFor();
    assertThat(made).isZero();
    var store = new RegistrySettings.Store(keys.toString(), "secret");
    HttpsServer https =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    https.setHttpsConfigurator(
        new HttpsConfigurator(
            new RegistrySettings(List.of(), null, store, store).tls().orElseThrow()));
    start(https);
    String url = "https://127.0.0.1:" + https.getAddress().getPort();
    answer("/schemas/types Basic YWRhOnNlY3JldA==", "200 []");

    new RegistryClient(
            new RegistrySettings(List.of(url), "Basic YWRhOnNlY3JldA==", null, store),
            1,
            Duration.ZERO,
            RegistryClient.ANSWER)
        .ping();
    var untrusting =
        new RegistryClient(settings(url, null), 1, Duration.ZERO, RegistryClient.ANSWER);
    assertThatThrownBy(untrusting::ping).isInstanceOf(RegistryException.class);
    https.stop(0);
  }

  @Test
  void storeThatCannotBeReadIsNamed() {
    var missing = new RegistrySettings.Store("/no/such/trust.jks", null);

    assertThatThrownBy(
            () -> new RegistryClient(new RegistrySettings(List.of(), null, null, missing)))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("'/no/such/trust.jks' cannot be read");
  }

  private RegistryClient client(int attempts) throws RegistryException {
    return new RegistryClient(
        settings(url(), null), attempts, Duration.ofMillis(1), RegistryClient.ANSWER);
  }

  private static RegistryDecoder decoder(RegistrySettings settings) {
    return new RegistryDecoder(settings, AvroSchema.parse(AVSC));
  }

  private static RegistrySettings settings(String url, @Nullable String authorization) {
    return new RegistrySettings(List.of(url), authorization, null, null);
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Status and body of one answer after the other; the last stays. */
  private void answer(String path, String... given) {
    answers.put(path, new ArrayList<>(List.of(given)));
  }

  private void start(HttpServer started) {
    started.createContext("/", this::handle);
    started.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      String path =
          exchange.getRequestURI().getPath() + (authorization == null ? "" : " " + authorization);
      asked.add(path);
      List<String> left = answers.getOrDefault(path, List.of("500 no answer to " + path));
      String answer = left.size() > 1 ? left.remove(0) : left.get(0);
      byte[] body = answer.substring(4).getBytes(UTF_8);
      exchange.sendResponseHeaders(
          Integer.parseInt(answer.substring(0, 3)), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
