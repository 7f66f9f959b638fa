package io.tidemill.pipelines.nightly;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** An endpoint before another, for a process that is killed before its n-th request. */
final class CrashingEndpoint implements AutoCloseable {
  private static final Set<String> OWN =
      Set.of("host", "connection", "content-length", "transfer-encoding", "expect", "upgrade");

  private final String behind;
  private final HttpClient client = HttpClient.newHttpClient();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);
  private volatile boolean crashed;

  /**
   * Starts it.
   *
   * @param behind the address of the other
   */
  CrashingEndpoint(String behind) throws IOException {
    this.behind = behind;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Begins another process, which is killed once it has asked so often. */
  void begin(long requests) {
    crashed = false;
    left.set(requests);
  }

  /** Ends the process. */
  boolean crashed() {
    left.set(Long.MAX_VALUE);
    return crashed;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (left.getAndDecrement() <= 0) {
        crashed = true;
        // Nobody asks again after this.
        exchange.sendResponseHeaders(403, -1);
        return;
      }
      HttpResponse<byte[]> answer =
          client.send(request(exchange, body), BodyHandlers.ofByteArray());
      boolean head = exchange.getRequestMethod().equals("HEAD");
      answer
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (head || !OWN.contains(name.toLowerCase(Locale.ROOT))) {
                  exchange.getResponseHeaders().put(name, values);
                }
              });
      boolean none = head || answer.body().length == 0;
      exchange.sendResponseHeaders(answer.statusCode(), none ? -1 : answer.body().length);
      exchange.getResponseBody().write(answer.body());
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private HttpRequest request(HttpExchange exchange, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(behind + exchange.getRequestURI()))
            .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!OWN.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    return request.build();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
