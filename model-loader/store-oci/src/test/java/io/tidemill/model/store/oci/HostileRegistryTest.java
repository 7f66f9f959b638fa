package io.tidemill.model.store.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ModelStore;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registries that answer as none should, on this machine, and others to which they send. */
@Timeout(300)
class HostileRegistryTest {
  private static final String SECRET = "Basic dXNlcjpodW50ZXIy";
  private static final SemanticVersion VERSION = SemanticVersion.parse("1.0.0");

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final String homeBefore = System.getProperty("user.home");
  private final List<String> toRegistry = new CopyOnWriteArrayList<>();
  private final List<String> toOther = new CopyOnWriteArrayList<>();
  private final HttpServer registry = server("127.0.0.1");
  private final HttpServer other = server("127.0.0.2");
  private final String host = "127.0.0.1:" + registry.getAddress().getPort();
  private final String otherHost = "127.0.0.2:" + other.getAddress().getPort();
  private final ModelStore store = ModelStore.open("oci://" + host + "/models");

  HostileRegistryTest() throws IOException {}

  private HttpServer server(String address) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(address, 0), 0);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  @BeforeEach
  void logIn(@TempDir Path home) throws IOException {
    Files.writeString(
        Files.createDirectory(home.resolve(".docker")).resolve("config.json"),
        "{\"auths\": {\"%s\": {\"auth\": \"dXNlcjpodW50ZXIy\"}}}".formatted(host));
    System.setProperty("user.home", home.toString());
  }

  @AfterEach
  void stop() {
    System.setProperty("user.home", homeBefore);
    System.clearProperty(OciHosts.NAMED);
    registry.stop(0);
    other.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpHandler handler) {
    answer(registry, toRegistry, handler);
    answer(other, toOther, exchange -> say(exchange, 404, ""));
  }

  private static void answer(HttpServer server, List<String> authorizations, HttpHandler handler) {
    server.createContext(
        "/",
        exchange -> {
          authorizations.add(
              String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  private static void say(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static void redirect(HttpExchange exchange, String location) throws IOException {
    exchange.getResponseHeaders().add("Location", location);
    say(exchange, 307, "");
  }

  private void refuses(ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'oci://" + host + "/models': cannot ")
        .hasMessageContaining(reason);
  }

  @Test
  void readsNoManifestWithoutAnEnd() {
    answer(HostileRegistryTest::sayWithoutEnd);

    refuses(() -> store.find("fraud", VERSION), "an answer of more than 4194304 bytes");
  }

  private static void sayWithoutEnd(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    OutputStream body = exchange.getResponseBody();
    byte[] spaces = " ".repeat(1 << 16).getBytes(UTF_8);
    while (true) {
      body.write(spaces);
    }
  }

  @Test
  void readsNoErrorWithoutAnEnd() {
    answer(
        exchange -> {
          exchange.sendResponseHeaders(403, 0);
          while (true) {
            exchange.getResponseBody().write("no ".getBytes(UTF_8));
          }
        });

    refuses(() -> store.find("fraud", VERSION), "(403: no no no ");
  }

  @Test
  void readsNoTagsWithoutAnEnd() {
    answer(HostileRegistryTest::sayWithoutEnd);

    refuses(store::models, "an answer of more than 4194304 bytes");
  }

  @Test
  void turnsNoPagesInCircles() {
    answer(
        exchange -> {
          exchange
              .getResponseHeaders()
              .add("Link", "</v2/models/tags/list?n=500&last=a>; rel=\"next\"");
          say(exchange, 200, "{\"tags\": [\"a\"]}");
        });

    assertThatThrownBy(store::models)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("or a page twice");
    assertThat(toRegistry).hasSize(2);
  }

  @Test
  void readsNoMorePagesThanAnyStoreHas() {
    AtomicInteger pages = new AtomicInteger();
    answer(
        exchange -> {
          int page = pages.incrementAndGet();
          exchange
              .getResponseHeaders()
              .add("Link", "</v2/models/tags/list?last=t%d>; rel=\"next\"".formatted(page));
          say(exchange, 200, "{\"tags\": [\"t" + page + "\"]}");
        });

    assertThatThrownBy(store::models)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("more than 1000 pages of them");
    assertThat(pages).hasValue(1_001);
  }

  @Test
  void takesNoMoreTagsThanAnyStoreHas() {
    String tags =
        IntStream.rangeClosed(0, 100_000)
            .mapToObj(tag -> "\"t" + tag + "\"")
            .collect(Collectors.joining(","));
    answer(exchange -> say(exchange, 200, "{\"tags\": [" + tags + "]}"));

    assertThatThrownBy(store::models)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("more than 100000 tags of models");
  }

  @Test
  void turnsToNoPageOfAnotherHost() {
    answer(
        exchange -> {
          exchange
              .getResponseHeaders()
              .add("Link", "<http://%s/v2/models/tags/list>; rel=\"next\"".formatted(otherHost));
          say(exchange, 200, "{\"tags\": [\"a\"]}");
        });

    refuses(store::models, "sends to '" + otherHost + "', which is not HTTPS");
    assertThat(toOther).isEmpty();
  }

  @Test
  void followsNoRedirectsInCircles() {
    answer(exchange -> redirect(exchange, exchange.getRequestURI().toString()));

    refuses(() -> store.find("fraud", VERSION), "more than 5 redirects");
    assertThat(toRegistry).hasSize(6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data, which is not HTTPS",
        "file:///etc/passwd, which is not HTTPS",
        "https://169.254.169.254/, an address of a private network",
        "https://10.0.0.1/, an address of a private network",
        "https://100.64.0.1/, an address of a private network",
        "https://[fd00::1]/, an address of a private network",
        "https://[::ffff:192.168.0.1]/, an address of a private network",
        "https://[64:ff9b::a00:1]/, an address of a private network",
        "https://[64:ff9b:1::808:808]/, an address of a private network",
        "https://[2002:7f00:1::]/, an address of a private network",
        "https://[::10.0.0.1]/, an address of a private network",
        "https://[fec0::1]/, an address of a private network",
        "https://0.1.2.3/, an address of a private network",
        "https://255.255.255.255/, an address of a private network",
        "https://198.18.0.1/, an address of a private network",
        "https://192.0.0.192/, an address of a private network",
        "https://localhost/, an address of a private network"
      })
  void followsNoRedirectToWhereNobodyNamed(String redirect) {
    String[] parts = redirect.split(", ", 2);
    answer(exchange -> redirect(exchange, parts[0]));

    refuses(() -> store.find("fraud", VERSION), ", " + parts[1] + " (expected: a host that you");
  }

  @Test
  void followsARedirectToAHostThatIsNamedWithoutTheCredentials() {
    System.setProperty(OciHosts.NAMED, "example.com, " + otherHost);
    answer(exchange -> redirect(exchange, "http://" + otherHost + "/manifest"));

    assertThat(store.find("fraud", VERSION)).isEmpty();
    assertThat(toRegistry).containsExactly(SECRET);
    assertThat(toOther).containsExactly("null");
  }

  private void handOutTokens(String realm) {
    answer(
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/token")) {
            say(exchange, 200, "{\"token\": \"of-" + exchange.getRequestURI().getQuery() + "\"}");
          } else if (toRegistry.get(toRegistry.size() - 1).startsWith("Bearer of-")) {
            say(exchange, 404, "");
          } else {
            exchange
                .getResponseHeaders()
                .add(
                    "WWW-Authenticate",
                    "Bearer realm=\"%s\",service=\"models\",scope=\"repository:models/fraud:pull\""
                        .formatted(realm));
            say(exchange, 401, "");
          }
        });
  }

  @Test
  void showsTheTokenThatTheRegistryGivesForTheCredentials() {
    handOutTokens("http://" + host + "/token");

    assertThat(store.find("fraud", VERSION)).isEmpty();
    assertThat(store.find("fraud", VERSION)).isEmpty();

    String token = "Bearer of-service=models&scope=repository:models/fraud:pull&";
    assertThat(toRegistry).containsExactly(SECRET, SECRET, token, token);
  }

  /** Longer than anybody waits, so that it is asked once; one that fails is asked six times. */
  private static void sayLater(HttpExchange exchange, String retryAfter) throws IOException {
    exchange.getResponseHeaders().add("Retry-After", retryAfter);
    say(exchange, 503, "later");
  }

  @Test
  void readsTheDateUntilWhichARegistryIsBusy() {
    String inAnHour =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusHours(1));
    answer(exchange -> sayLater(exchange, inAnHour));

    refuses(() -> store.find("fraud", VERSION), "(503: later)");
    assertThat(toRegistry).hasSize(1);
  }

  @Test
  void asksNotBeforeWhatHandsOutTokensHasTime() {
    answer(
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/token")) {
            sayLater(exchange, "3600");
          } else {
            exchange
                .getResponseHeaders()
                .add("WWW-Authenticate", "Bearer realm=\"http://%s/token\"".formatted(host));
            say(exchange, 401, "");
          }
        });

    refuses(() -> store.find("fraud", VERSION), "(503 from " + host + ")");
    assertThat(toRegistry).hasSize(2);
  }

  @Test
  void noTokensAreNotNoModel() {
    answer(
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/token")) {
            say(exchange, 404, "");
          } else {
            exchange
                .getResponseHeaders()
                .add("WWW-Authenticate", "Bearer realm=\"http://%s/token\"".formatted(host));
            say(exchange, 401, "");
          }
        });

    refuses(
        () -> store.find("fraud", VERSION), "404 from " + host + ", which is to hand out tokens");
  }

  @Test
  void givesTheCredentialsToNoOtherHostThatIsToHandOutTokens() {
    handOutTokens("https://example.com/token");

    refuses(
        () -> store.find("fraud", VERSION),
        "sends to 'example.com', which wants the credentials (expected: a host that you name, as in -Dtidemill.oci.hosts=example.com)");
  }
}
