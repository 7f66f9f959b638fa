package io.tidemill.pipelines.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Whatever answers at the address of a JobManager. For use by one thread. */
final class FlinkRest {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** Many times what Flink answers. */
  private static final int LARGEST = 32 << 20;

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(ANSWER)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();
  private final String base;
  private final @Nullable String user;

  /**
   * Asks nothing yet.
   *
   * @param root as a browser shows it: page, user and password are no part of what is asked for
   * @throws IOException if it is not of HTTP
   */
  FlinkRest(URI root) throws IOException {
    if (root.getHost() == null || !String.valueOf(root.getScheme()).matches("(?i)https?")) {
      throw new IOException("no address of HTTP");
    }
    base =
        "%s://%s%s%s"
            .formatted(
                root.getScheme(),
                root.getHost(),
                root.getPort() < 0 ? "" : ":" + root.getPort(),
                root.getRawPath().replaceFirst("/+$", ""));
    user = root.getUserInfo();
  }

  /**
   * An answer in JSON. Blocks for ten seconds at most.
   *
   * @param path below the root
   * @param part a JSON pointer to the array that Flink's answer has
   * @throws IOException if there is none, or another than Flink's
   */
  JsonNode get(String path, String part) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).timeout(ANSWER);
    if (user != null) {
      request.header(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(user.getBytes(UTF_8)));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    HttpResponse<Void> response = answer(path, request.build(), body);
    if (response.statusCode() != 200) {
      throw new IOException("%s: status %d".formatted(path, response.statusCode()));
    }
    try {
      JsonNode answer = new ObjectMapper().readTree(body.toByteArray());
      if (answer.at(part).isArray()) {
        return answer;
      }
    } catch (JsonProcessingException page) {
      throw new IOException(path + " is answered, but not as Flink does", page);
    }
    throw new IOException(path + " is answered, but not as Flink does");
  }

  private HttpResponse<Void> answer(String path, HttpRequest request, ByteArrayOutputStream body)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<Void>> answer =
        http.sendAsync(
            request,
            BodyHandlers.ofByteArrayConsumer(some -> some.ifPresent(bytes -> add(bytes, body))));
    try {
      // The request's own limit is for the head of the answer alone.
      return answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException slow) {
      throw new IOException("%s: no answer in %d s".formatted(path, ANSWER.toSeconds()), slow);
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      throw new IOException(
          "%s: %s"
              .formatted(
                  path,
                  cause instanceof ConnectException
                      ? "nothing answers"
                      : cause instanceof SSLException
                          ? "%s; TIDEMILL_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE trusts other certificates"
                              .formatted(cause.getMessage())
                          : cause),
          failed);
    } finally {
      answer.cancel(true);
    }
  }

  private static void add(byte[] bytes, ByteArrayOutputStream body) {
    if (body.size() + bytes.length > LARGEST) {
      throw new IllegalStateException("more than " + LARGEST + " bytes");
    }
    body.writeBytes(bytes);
  }

  /** Its address, without a password. */
  @Override
  public String toString() {
    return base;
  }
}
