package io.tidemill.connectors.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a registry over Confluent's REST API, and asks again where it does not answer. Each method
 * blocks, and throws a {@link RegistryException} when the last attempt failed. Redirects are not
 * followed: credentials are for the host that was named. Not thread-safe.
 */
final class RegistryClient {
  static final int ATTEMPTS = 5;
  static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  static final Duration ANSWER = Duration.ofSeconds(10);

  /** What every registry answers. */
  private static final String TYPES = "/schemas/types";

  private static final int LARGEST_ANSWER = 16 << 20;
  private static final int MOST_REFERENCES = 1_000;
  private static final String JSON = "application/vnd.schemaregistry.v1+json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  // Confluent's own, and a path that leads nowhere is another 404.
  private static final Set<Integer> NOT_FOUND = Set.of(40401, 40402, 40403);

  private final RegistrySettings settings;
  private final int attempts;
  private final Duration firstPause;
  private final Duration patience;
  private final HttpClient http;

  RegistryClient(RegistrySettings settings) throws RegistryException {
    this(settings, ATTEMPTS, FIRST_PAUSE, ANSWER);
  }

  /**
   * A client.
   *
   * @param patience for a whole answer
   */
  RegistryClient(RegistrySettings settings, int attempts, Duration firstPause, Duration patience)
      throws RegistryException {
    this.settings = settings;
    this.attempts = attempts;
    this.firstPause = firstPause;
    this.patience = patience;
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(patience);
    settings.tls().ifPresent(builder::sslContext);
    this.http = builder.build();
  }

  /**
   * A schema, last, behind those of the types that it names; empty where the registry has none.
   *
   * @param path of the schema, as {@link SchemaId} has it
   * @throws IllegalArgumentException if it names a type of a schema that the registry does not have
   */
  Optional<List<String>> schema(String path) throws RegistryException {
    Optional<JsonNode> answer = ask(path, null);
    if (answer.isEmpty()) {
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    collect(answer.get(), path, texts, new HashSet<>());
    return Optional.of(texts);
  }

  private void collect(JsonNode answer, String path, List<String> texts, Set<String> seen)
      throws RegistryException {
    for (JsonNode reference : answer.path("references")) {
      String other =
          "/subjects/%s/versions/%s"
              .formatted(
                  encoded(reference.path("subject").asText()),
                  encoded(reference.path("version").asText()));
      if (seen.add(other)) {
        if (seen.size() > MOST_REFERENCES) {
          throw new RegistryException(
              "schema registry: %s refers to more than %d schemas".formatted(path, MOST_REFERENCES),
              null);
        }
        JsonNode found =
            ask(other, null)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "refers to %s, which is not there (expected: a schema that is)"
                                .formatted(other)));
        collect(found, other, texts, seen);
      }
    }
    texts.add(answer.path("schema").asText());
  }

  /**
   * Registers a schema, or finds it registered.
   *
   * @return its number
   * @throws RefusedSchemaException if the registry does not take it
   */
  int register(String subject, String schema) throws RegistryException {
    return number(
        ask("/subjects/" + encoded(subject) + "/versions", body(schema))
            .orElseThrow(() -> new RefusedSchemaException("schema registry: no " + subject)));
  }

  /** The number of a schema that is registered; empty where it is not. */
  Optional<Integer> find(String subject, String schema) throws RegistryException {
    String path = "/subjects/" + encoded(subject);
    Optional<JsonNode> answer = ask(path, body(schema));
    if (answer.isEmpty()) {
      // Some compare the texts, which someone else wrote.
      answer = ask(path + "?normalize=true", body(schema));
    }
    return answer.isEmpty() ? Optional.empty() : Optional.of(number(answer.get()));
  }

  /** Asks something that every registry answers. */
  void ping() throws RegistryException {
    ask(TYPES, null);
  }

  private int number(JsonNode answer) throws RegistryException {
    if (!answer.path("id").canConvertToInt() || !answer.path("id").isNumber()) {
      throw new RegistryException(
          "schema registry at %s: an answer without an id (expected: Confluent's API)"
              .formatted(settings),
          null);
    }
    return answer.path("id").asInt();
  }

  private static String body(String schema) {
    return MAPPER.createObjectNode().put("schema", schema).toString();
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The answer; empty where the registry has no such thing. */
  private Optional<JsonNode> ask(String path, @Nullable String body) throws RegistryException {
    Duration pause = firstPause;
    for (int attempt = 1; ; attempt++) {
      String url = settings.urls().get((attempt - 1) % settings.urls().size());
      try {
        return answer(url, path, body);
      } catch (RegistryException e) {
        throw e;
      } catch (IOException e) {
        if (attempt >= attempts) {
          throw new RegistryException(
              "schema registry at %s: %s (%d attempts; expected: an answer to %s)"
                  .formatted(url, reason(e), attempts, path),
              e);
        }
      }
      await(pause);
      pause = pause.multipliedBy(2);
    }
  }

  private static String reason(IOException failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  private Optional<JsonNode> answer(String url, String path, @Nullable String body)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path)).header("Accept", JSON);
    if (settings.authorization() != null) {
      request.header("Authorization", settings.authorization());
    }
    if (body != null) {
      request
          .header("Content-Type", JSON)
          .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
    }
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    HttpResponse<Void> response = whole(request.build(), content);
    byte[] bytes = content.toByteArray();
    int status = response.statusCode();
    JsonNode answer = json(bytes);
    if (status == 200 && bytes.length <= LARGEST_ANSWER && !answer.isMissingNode()) {
      return Optional.of(answer);
    }
    if (status == 404) {
      boolean coded = NOT_FOUND.contains(answer.path("error_code").asInt());
      if (!coded && path.startsWith(SchemaId.GUIDS)) {
        // Not every registry has GUIDs, which garbage may seem to begin with; but what stands
        // before a registry that is away may answer so too.
        answer(url, TYPES, null);
        return Optional.empty();
      }
      if (coded) {
        return Optional.empty();
      }
    }
    String said =
        "%s answers %d%s"
            .formatted(
                path, status, answer.has("message") ? ": " + answer.path("message").asText() : "");
    if (status == 409 || status == 422) {
      throw new RefusedSchemaException(
          "schema registry at %s: %s (expected: a schema that fits those before it; change the sink's schema, or the subject's compatibility)"
              .formatted(url, said));
    }
    if (status >= 500 || status == 429 || status == 408) {
      throw new IOException(said);
    }
    throw new RegistryException(
        "schema registry at %s: %s (expected: the base of Confluent's API, and credentials that it takes)"
            .formatted(url, said),
        null);
  }

  /** Reads as much of an answer as it may have, and waits no longer for a body without an end. */
  private HttpResponse<Void> whole(HttpRequest request, ByteArrayOutputStream content)
      throws IOException {
    CompletableFuture<HttpResponse<Void>> answer =
        http.sendAsync(
            request,
            HttpResponse.BodyHandlers.ofByteArrayConsumer(
                part -> {
                  if (part.isPresent() && content.size() <= LARGEST_ANSWER) {
                    content.writeBytes(part.get());
                  }
                }));
    try {
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException("no whole answer in " + patience.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure
          ? failure
          : new IOException(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw interrupted(e);
    }
  }

  private static JsonNode json(byte[] bytes) {
    try {
      return MAPPER.readTree(bytes, 0, Math.min(bytes.length, LARGEST_ANSWER));
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory do not read", e);
    }
  }

  private static void await(Duration pause) throws RegistryException {
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static RegistryException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new RegistryException("schema registry: interrupted", cause);
  }
}
