package io.tidemill.pipelines.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Whatever answers at the address of a JobManager. For use by one thread.
 *
 * <p>Flink's own client of this interface was tried and not taken: it is configured by host and
 * port and asks again in silence for a minute; it knows neither the paths, passwords and
 * certificates that are in front of a cluster, nor what to say where something else answers.
 */
public final class FlinkRest {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** A job's graph may be large, and the JobManager looks at it before it answers. */
  private static final Duration UPLOAD = Duration.ofSeconds(60);

  /** Many times what Flink answers. */
  private static final int LARGEST = 32 << 20;

  /** Of a log's end. */
  private static final int LONGEST_TAIL = 8 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** It follows no redirect, with which the password would go to another host. */
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(ANSWER)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private final String base;
  private final @Nullable String user;

  /**
   * Asks nothing yet.
   *
   * @param root as a browser shows it: page, user and password are no part of what is asked for
   * @throws IOException if it is not of HTTP
   */
  public FlinkRest(URI root) throws IOException {
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

  /** A file to upload: under which name, and of what it is. */
  public record Upload(String name, Path file, String type) {}

  /**
   * An answer in JSON. Blocks for ten seconds at most.
   *
   * @param path below the root
   * @param part a JSON pointer to the array that Flink's answer has
   * @throws FlinkRefusedException if Flink has no such thing
   * @throws IOException if there is none, or another than Flink's
   */
  public JsonNode get(String path, String part) throws IOException, InterruptedException {
    JsonNode answer = get(path);
    if (!answer.at(part).isArray()) {
      throw otherwise(path, null);
    }
    return answer;
  }

  /** The same for an answer of which nothing is known. */
  public JsonNode get(String path) throws IOException, InterruptedException {
    return send(path, request(path).GET(), ANSWER);
  }

  /** Asks for something to be done. Blocks for ten seconds at most. */
  public JsonNode send(String method, String path, @Nullable JsonNode body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(path)
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(JSON.writeValueAsString(body)));
    return send(path, request, ANSWER);
  }

  /** Uploads files, and what is to be done with them. Blocks for a minute at most. */
  public JsonNode upload(String path, JsonNode request, List<Upload> files)
      throws IOException, InterruptedException {
    String boundary = "tidemill-" + UUID.randomUUID();
    List<BodyPublisher> parts = new ArrayList<>();
    parts.add(
        BodyPublishers.ofString(
            "--%s\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n%s\r\n"
                .formatted(boundary, JSON.writeValueAsString(request))));
    for (int i = 0; i < files.size(); i++) {
      Upload file = files.get(i);
      parts.add(
          BodyPublishers.ofString(
              "--%s\r\nContent-Disposition: form-data; name=\"file_%d\"; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n"
                  .formatted(boundary, i, file.name(), file.type())));
      parts.add(BodyPublishers.ofFile(file.file()));
      parts.add(BodyPublishers.ofString("\r\n"));
    }
    parts.add(BodyPublishers.ofString("--" + boundary + "--\r\n"));
    return send(
        path,
        request(path)
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(BodyPublishers.concat(parts.toArray(new BodyPublisher[0]))),
        UPLOAD);
  }

  /**
   * The last lines of a text, of its last megabytes. Blocks for a minute at most.
   *
   * @throws FileNotFoundException if there is none
   */
  public List<String> tail(String path, int lines) throws IOException, InterruptedException {
    ByteArrayOutputStream end = new ByteArrayOutputStream();
    HttpResponse<Void> response =
        answer(
            path,
            request(path).build(),
            BodyHandlers.ofByteArrayConsumer(some -> some.ifPresent(bytes -> addLast(bytes, end))),
            UPLOAD);
    if (response.statusCode() == 404 || response.statusCode() == 500) {
      throw new FileNotFoundException(path);
    }
    if (response.statusCode() != 200) {
      throw new IOException("%s: status %d".formatted(path, response.statusCode()));
    }
    List<String> last = end.toString(UTF_8).lines().toList();
    return last.subList(Math.max(0, last.size() - lines), last.size());
  }

  private static void addLast(byte[] bytes, ByteArrayOutputStream end) {
    if (end.size() > 2 * LONGEST_TAIL) {
      byte[] all = end.toByteArray();
      end.reset();
      end.write(all, all.length - LONGEST_TAIL, LONGEST_TAIL);
    }
    end.writeBytes(bytes);
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
    if (user != null) {
      request.header(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(user.getBytes(UTF_8)));
    }
    return request;
  }

  private JsonNode send(String path, HttpRequest.Builder request, Duration limit)
      throws IOException, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    HttpResponse<Void> response =
        answer(
            path,
            request.timeout(limit).build(),
            BodyHandlers.ofByteArrayConsumer(some -> some.ifPresent(bytes -> add(bytes, body))),
            limit);
    JsonNode answer = MissingNode.getInstance();
    try {
      answer = JSON.readTree(body.toByteArray());
    } catch (JsonProcessingException page) {
      if (response.statusCode() / 100 == 2) {
        throw otherwise(path, page);
      }
    }
    if (response.statusCode() / 100 == 2) {
      return answer;
    }
    if (answer.path("errors").isArray()) {
      List<String> errors = new ArrayList<>();
      answer.path("errors").forEach(error -> errors.add(error.asText()));
      throw new FlinkRefusedException(path, response.statusCode(), errors);
    }
    if (response.statusCode() == 413) {
      throw new FlinkRefusedException(
          path, 413, List.of("too large for a proxy that is in front of the JobManager"));
    }
    throw new IOException("%s: status %d".formatted(path, response.statusCode()));
  }

  private static IOException otherwise(String path, @Nullable Throwable cause) {
    return new IOException(path + " is answered, but not as Flink does", cause);
  }

  private <T> HttpResponse<T> answer(
      String path, HttpRequest request, BodyHandler<T> body, Duration limit)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<T>> answer = http.sendAsync(request, body);
    try {
      // The request's own limit is for the head of the answer alone.
      HttpResponse<T> response = answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      Optional<String> elsewhere = response.headers().firstValue("Location");
      if (response.statusCode() / 100 == 3 && elsewhere.isPresent()) {
        throw new IOException(
            "%s: a redirect to %s, which is not followed".formatted(path, elsewhere.get()));
      }
      return response;
    } catch (TimeoutException slow) {
      throw new IOException("%s: no answer in %d s".formatted(path, limit.toSeconds()), slow);
    } catch (ExecutionException failed) {
      throw new IOException("%s: %s".formatted(path, why(failed.getCause())), failed);
    } finally {
      answer.cancel(true);
    }
  }

  private static String why(@Nullable Throwable cause) {
    if (cause instanceof ConnectException) {
      return cause.getCause() instanceof UnresolvedAddressException
          ? "no such host"
          : "nothing answers";
    }
    return cause instanceof SSLException
        ? "%s; TIDEMILL_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE trusts other certificates"
            .formatted(cause.getMessage())
        : String.valueOf(cause);
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
