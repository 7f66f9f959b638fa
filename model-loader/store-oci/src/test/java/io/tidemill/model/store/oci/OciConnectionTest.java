package io.tidemill.model.store.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.loader.Logged;
import io.tidemill.model.store.Deadline;
import io.tidemill.model.store.ModelStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How registries are spoken to, with one that refuses everybody. */
class OciConnectionTest {
  private static final int TLS_HANDSHAKE = 22;
  private static final SemanticVersion VERSION = SemanticVersion.parse("1.0.0");

  private final List<String> credentials = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  OciConnectionTest() throws IOException {
    // Not one of the names that mean this machine, though it is.
    server = HttpServer.create(new InetSocketAddress("127.0.0.2", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          credentials.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"models\"");
          exchange.sendResponseHeaders(401, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    System.clearProperty(OciAddress.INSECURE);
  }

  @Test
  void speaksNoHttpToOtherMachines() throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 0, InetAddress.getByName("127.0.0.2"))) {
      CompletableFuture<Integer> firstByte =
          CompletableFuture.supplyAsync(
              () -> {
                // Both are closed, so that the client is refused when it tries again.
                try (listening;
                    Socket connection = listening.accept()) {
                  return connection.getInputStream().read();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      ModelStore store = ModelStore.open("oci://127.0.0.2:" + listening.getLocalPort() + "/models");

      assertThatThrownBy(() -> store.find("fraud", VERSION))
          .isInstanceOf(StoreUnavailableException.class);
      assertThat(firstByte.get(300, TimeUnit.SECONDS)).isEqualTo(TLS_HANDSHAKE);
    }
  }

  @Test
  void sendsTheCredentialsOfDockerLoginAndNeverShowsThem(@TempDir Path home) throws Exception {
    System.setProperty(OciAddress.INSECURE, "true");
    String host = "127.0.0.2:" + server.getAddress().getPort();
    Files.writeString(
        Files.createDirectory(home.resolve(".docker")).resolve("config.json"),
        "{\"auths\": {\"%s\": {\"auth\": \"dXNlcjpodW50ZXIy\"}}}".formatted(host));
    String before = System.getProperty("user.home");
    System.setProperty("user.home", home.toString());
    try {
      ModelStore store = ModelStore.open("oci://" + host + "/models");

      assertThatThrownBy(() -> store.find("fraud", VERSION))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("cannot read fraud:1.0.0 (401: no credentials, or wrong ones)")
          .hasMessageContaining("the credentials of 'docker login'")
          .hasStackTraceContaining("RegistryException")
          .satisfies(
              refused ->
                  assertThat(stackTrace(refused)).doesNotContain("hunter2", "dXNlcjpodW50ZXIy"));
      assertThat(credentials).containsOnly("Basic dXNlcjpodW50ZXIy");
    } finally {
      System.setProperty("user.home", before);
    }
  }

  private static String stackTrace(Throwable thrown) {
    return org.assertj.core.util.Throwables.getStackTrace(thrown);
  }

  @Test
  void givesUpARegistryThatDoesNotAnswer() throws Exception {
    OciRequests requests = new OciRequests("oci://host/models", Duration.ofMillis(50));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);

    // On a busy machine a request may be given up before it has begun.
    while (begun.getCount() > 0) {
      assertThatThrownBy(
              () ->
                  requests.ask(
                      "read fraud:1.0.0",
                      () -> {
                        begun.countDown();
                        try {
                          never.await();
                        } catch (InterruptedException e) {
                          interrupted.countDown();
                        }
                        return "late";
                      }))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining(
              "store 'oci://host/models': cannot read fraud:1.0.0 (no answer in time)");
    }
    assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 500, 503})
  void asksAgainWhatAnotherClientMayJustWrite(int status) {
    AtomicInteger asked = new AtomicInteger();

    Optional<String> answer =
        new OciRequests("oci://host/models")
            .ask("read fraud:1.0.0", () -> answerAtSecond(asked, status));

    assertThat(answer).contains("there");
  }

  /** Far more than a failing registry gets. */
  @Test
  void asksABusyRegistryUntilItHasTime() {
    AtomicInteger asked = new AtomicInteger();

    Optional<String> answer =
        new OciRequests("oci://host/models")
            .ask(
                "read fraud:1.0.0",
                () -> {
                  if (asked.incrementAndGet() < 8) {
                    throw new RegistryException(429, "too many");
                  }
                  return "there";
                });

    assertThat(answer).contains("there");
  }

  /** Once each, with nobody who tries again. */
  @ParameterizedTest
  @CsvSource({"503, 301", "401, 1", "403, 0"})
  void asksNotAgainWhatIsForbiddenOrBusyForTooLong(int status, int retryAfterSeconds) {
    AtomicInteger asked = new AtomicInteger();

    assertThatThrownBy(
            () ->
                new OciRequests("oci://host/models")
                    .ask(
                        "read fraud:1.0.0",
                        () -> {
                          asked.incrementAndGet();
                          throw new RegistryException(
                              status, status + ": no", Duration.ofSeconds(retryAfterSeconds));
                        }))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("cannot read fraud:1.0.0 (" + status + ": ");
    assertThat(asked).hasValue(1);
  }

  /** Five failures are what is forgiven, and a busy registry is forgiven more. */
  @Test
  void aBusyRegistryTakesNoAttemptsFromAFailingOne() {
    AtomicInteger asked = new AtomicInteger();

    Optional<String> answer =
        new OciRequests("oci://host/models")
            .ask(
                "read fraud:1.0.0",
                () -> {
                  int time = asked.incrementAndGet();
                  if (time <= 8) {
                    throw new RegistryException(
                        time <= 3 ? 429 : 500, "no", Duration.ofMillis(time <= 3 ? 1 : 0));
                  }
                  return "there";
                });

    assertThat(answer).contains("there");
  }

  @Test
  void saysOnceThatItWaitsForABusyRegistryAndHowLongAtMost() throws Exception {
    OciRequests requests = new OciRequests("oci://host/models");

    List<String> lines =
        Logged.by(
            OciRequests.class,
            () -> {
              for (String what : List.of("read fraud:1.0.0", "list tags of fraud")) {
                AtomicInteger asked = new AtomicInteger();
                requests.ask(
                    what,
                    () -> {
                      if (asked.incrementAndGet() < 3) {
                        throw new RegistryException(429, "429: too many");
                      }
                      return "there";
                    });
              }
            });

    assertThat(lines)
        .containsExactly(
            "WARN store 'oci://host/models': busy, cannot read fraud:1.0.0 yet (429: too many); it is asked again, each time for at most 4 minutes");
  }

  @Test
  void asksABusyRegistryNoLongerThanItsDeadline() {
    OciRequests requests =
        new OciRequests("oci://host/models").until(Deadline.in(Duration.ofMillis(500)));

    assertThatThrownBy(
            () ->
                requests.ask(
                    "read fraud:1.0.0",
                    () -> {
                      throw new RegistryException(429, "429: too many");
                    }))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("(429: too many, and no time left to ask again)");
  }

  @Test
  void pausesDoubleAndClientsThatWereRefusedTogetherComeBackApart() {
    RegistryException failing = new RegistryException(500, "");
    RegistryException busy = new RegistryException(503, "", Duration.ofSeconds(2));

    assertThat(OciRequests.pause(failing, 1, 0)).hasMillis(25);
    assertThat(OciRequests.pause(failing, 1, 1)).hasMillis(50);
    assertThat(OciRequests.pause(failing, 2, 1)).hasMillis(100);
    assertThat(OciRequests.pause(busy, 1, 0)).hasMillis(2_000);
    assertThat(OciRequests.pause(busy, 1, 1)).hasMillis(2_050);
    assertThat(OciRequests.pause(busy, 9, 1)).hasMillis(5_200);
    assertThat(OciRequests.pause(busy, 99, 1)).hasMillis(5_200);
  }

  private static String answerAtSecond(AtomicInteger asked, int status) throws IOException {
    if (asked.incrementAndGet() == 1) {
      throw new RegistryException(status, "refused");
    }
    return "there";
  }

  @Test
  void givesUpAContentThatStopsComing() {
    OciRequests requests = new OciRequests("oci://host/models", Duration.ofMillis(50));
    CountDownLatch never = new CountDownLatch(1);
    InputStream stalled =
        new InputStream() {
          @Override
          public int read() throws IOException {
            return read(new byte[1], 0, 1);
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
              never.await();
              return 0;
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };

    assertThatThrownBy(() -> requests.bounded("read a file", stalled).read())
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("cannot read a file (no answer in time)");
    assertThatThrownBy(() -> requests.bounded("read a file", stalled).read(new byte[1], 0, 1))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("cannot read a file (no answer in time)");
  }

  @Test
  void givesUpAContentThatComesDropByDrop() {
    OciRequests requests = new OciRequests("oci://host/models", Duration.ofMillis(200));
    CountDownLatch never = new CountDownLatch(1);
    InputStream drops =
        new InputStream() {
          private int left = 50;

          @Override
          public int read() throws IOException {
            return read(new byte[1], 0, 1);
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
              never.await(20, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
              throw new InterruptedIOException();
            }
            return left-- > 0 ? 1 : -1;
          }
        };

    assertThatThrownBy(() -> requests.bounded("read a file", drops).readAllBytes())
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("cannot read a file (no answer in time)");
  }
}
