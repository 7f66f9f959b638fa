package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What stands before a registry: it lets in who has the password, may answer for a while that no
 * schema can be had, and knows schemas by GUIDs too, which Apicurio 2 does not: their low bits are
 * its numbers.
 */
final class RegistryGate implements AutoCloseable {
  static final String USER = "scoring:hush";

  private static final String SCHEMAS = "/schemas/";
  private static final String GUIDS = SCHEMAS + "guids/";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger shut = new AtomicInteger();
  private final String registry;
  private final HttpServer server;

  RegistryGate(String registry) throws IOException {
    this.registry = registry;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::pass);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The GUID of the schema that has a number. */
  static UUID guid(int id) {
    return new UUID(7, id);
  }

  /** Gives no schema to so many requests from now on. */
  void shut(int requests) {
    shut.set(requests);
  }

  /** How many of them have still to come. */
  int shutFor() {
    return shut.get();
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().toString();
      String password = "Basic " + Base64.getEncoder().encodeToString(USER.getBytes(UTF_8));
      if (!password.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.sendResponseHeaders(401, -1);
      } else if (path.startsWith(SCHEMAS) && shut.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        exchange.sendResponseHeaders(503, -1);
      } else {
        HttpResponse<byte[]> answer = ask(exchange, path);
        exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
        exchange.getResponseBody().write(answer.body());
      }
    }
  }

  private HttpResponse<byte[]> ask(HttpExchange exchange, String path) throws IOException {
    String known =
        path.startsWith(GUIDS)
            ? SCHEMAS
                + "ids/"
                + UUID.fromString(path.substring(GUIDS.length())).getLeastSignificantBits()
            : path;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(registry + known))
            .method(
                exchange.getRequestMethod(),
                HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type != null) {
      request.header("Content-Type", type);
    }
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
      throw new IOException(ending);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
