package io.tidemill.model.store.oci;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * HTTP with one registry, which is not trusted:
 *
 * <ul>
 *   <li>what it answers is read up to a bound;
 *   <li>credentials and tokens go to the registry alone, and credentials to a host that hands out
 *       tokens if the user names it ({@link OciHosts});
 *   <li>reads follow a few redirects, but only to where {@link OciHosts} allows.
 * </ul>
 *
 * <p>Thread-safe. Every method blocks.
 */
final class OciHttp {
  /** What registries themselves take for a manifest. */
  static final int MOST_BYTES = 4 << 20;

  private static final int MOST_ERROR_CHARACTERS = 200;
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int UNAUTHORIZED = 401;
  private static final int NOT_FOUND = 404;
  private static final Duration CONNECT = Duration.ofSeconds(60);
  private static final Set<String> READS = Set.of("GET", "HEAD");
  private static final Pattern PARAMETER = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");
  private static final long DAY = Duration.ofDays(1).toSeconds();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final OciHosts hosts;
  private final RegistryLogin login;
  private final HttpClient client;

  /** By what may be done with them where. */
  private final ConcurrentMap<String, String> tokens = new ConcurrentHashMap<>();

  private boolean loggedIn;
  private Optional<String> credentials = Optional.empty();

  OciHttp(OciAddress address, Executor threads) {
    this.hosts = new OciHosts(address);
    this.login = new RegistryLogin(address);
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads)
            .build();
  }

  /**
   * A request.
   *
   * @param repository in whose name tokens are asked for
   */
  record Call(
      String method, URI uri, String repository, Map<String, String> headers, BodyPublisher body) {
    static Call of(String method, URI uri, String repository) {
      return new Call(method, uri, repository, Map.of(), BodyPublishers.noBody());
    }

    Call with(String header, String value) {
      return new Call(method, uri, repository, Map.of(header, value), body);
    }

    Call with(BodyPublisher content) {
      return new Call(method, uri, repository, headers, content);
    }

    Call at(URI other) {
      return new Call(method, other, repository, headers, body);
    }

    private boolean reads() {
      return READS.contains(method);
    }

    private String right() {
      return repository + (reads() ? ":read" : ":write");
    }
  }

  /** A body that is whole. */
  static byte[] bounded(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw new IOException("an answer of more than " + MOST_BYTES + " bytes (expected: fewer)");
    }
    return bytes;
  }

  /**
   * An answer whose body the caller closes.
   *
   * @throws RegistryException if it is no success, or a redirect that is not followed
   */
  HttpResponse<InputStream> send(Call call) throws IOException, InterruptedException {
    URI uri = call.uri();
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      hosts.check(uri);
      HttpResponse<InputStream> answer = authorized(call.at(uri));
      int status = answer.statusCode();
      if (status / 100 == 2) {
        return answer;
      }
      try (InputStream body = answer.body()) {
        Optional<String> location = answer.headers().firstValue("Location");
        if (!call.reads() || !REDIRECTS.contains(status) || location.isEmpty()) {
          throw new RegistryException(status, status + shown(body), retryAfter(answer));
        }
        uri = resolved(uri, location.get());
      }
    }
    throw new IOException("more than %d redirects (expected: fewer)".formatted(MOST_REDIRECTS));
  }

  /** Where the registry says that something is. */
  static URI resolved(URI from, String location) throws IOException {
    try {
      return from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("a location that is no URI (expected: one)", e);
    }
  }

  /** Seconds, or a date by the server's own clock; one that has come means at once, but busy. */
  private static Duration retryAfter(HttpResponse<?> answer) {
    String value = answer.headers().firstValue("Retry-After").orElse("");
    if (SECONDS.matcher(value).matches()) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    Optional<Instant> until = date(value);
    Instant now =
        answer.headers().firstValue("Date").flatMap(OciHttp::date).orElseGet(Instant::now);
    return until
        .map(then -> Duration.between(now, then))
        // However far away: nobody waits for a day.
        .map(left -> Duration.ofMillis(Math.max(1, Math.min(left.toSeconds(), DAY) * 1_000)))
        .orElse(Duration.ZERO);
  }

  private static Optional<Instant> date(String value) {
    try {
      return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static String shown(InputStream body) throws IOException {
    String text = new String(body.readNBytes(MOST_ERROR_CHARACTERS), UTF_8).strip();
    return text.isEmpty() ? "" : ": " + text;
  }

  private HttpResponse<InputStream> authorized(Call call) throws IOException, InterruptedException {
    if (!hosts.isRegistry(call.uri())) {
      return exchange(call, Optional.empty());
    }
    Optional<String> token = Optional.ofNullable(tokens.get(call.right()));
    HttpResponse<InputStream> answer = exchange(call, token.isPresent() ? token : credentials());
    if (answer.statusCode() != UNAUTHORIZED) {
      return answer;
    }
    Optional<String> fresh = token(answer.headers().firstValue("WWW-Authenticate").orElse(""));
    if (fresh.isEmpty()) {
      return answer;
    }
    answer.body().close();
    tokens.put(call.right(), fresh.get());
    return exchange(call, fresh);
  }

  private HttpResponse<InputStream> exchange(Call call, Optional<String> authorization)
      throws IOException, InterruptedException {
    HttpRequest.Builder request;
    try {
      request = HttpRequest.newBuilder(call.uri()).method(call.method(), call.body());
      call.headers().forEach(request::header);
      authorization.ifPresent(value -> request.header("Authorization", value));
    } catch (IllegalArgumentException e) {
      throw new IOException("a location or token that HTTP does not allow", e);
    }
    return client.send(request.build(), BodyHandlers.ofInputStream());
  }

  private synchronized Optional<String> credentials() {
    if (!loggedIn) {
      credentials = login.basic();
      loggedIn = true;
    }
    return credentials;
  }

  /** What a registry that takes tokens wants to be shown; empty if it takes none. */
  private Optional<String> token(String challenge) throws IOException, InterruptedException {
    if (!challenge.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      return Optional.empty();
    }
    Map<String, String> said = new HashMap<>();
    Matcher parameters = PARAMETER.matcher(challenge);
    while (parameters.find()) {
      said.put(parameters.group(1).toLowerCase(Locale.ROOT), parameters.group(2));
    }
    String realm = said.getOrDefault("realm", "");
    StringBuilder query = new StringBuilder(realm).append(realm.contains("?") ? '&' : '?');
    for (String name : List.of("service", "scope")) {
      if (said.containsKey(name)) {
        query.append(name).append('=').append(encoded(said.get(name))).append('&');
      }
    }
    URI uri = resolved(URI.create(""), query.toString());
    Optional<String> secret = credentials();
    hosts.checkTokens(uri, secret.isPresent());
    HttpResponse<InputStream> answer = exchange(Call.of("GET", uri, ""), secret);
    try (InputStream body = answer.body()) {
      String refusal = answer.statusCode() + " from " + uri.getRawAuthority();
      if (answer.statusCode() == NOT_FOUND) {
        // That is not what was asked for.
        throw new IOException(refusal + ", which is to hand out tokens");
      }
      if (answer.statusCode() != 200) {
        throw new RegistryException(answer.statusCode(), refusal, retryAfter(answer));
      }
      JsonNode json = JSON.readTree(bounded(body));
      String token = json.path("token").asText(json.path("access_token").asText());
      return Optional.of("Bearer " + token);
    }
  }

  private static String encoded(@Nullable String text) {
    return URLEncoder.encode(String.valueOf(text), UTF_8);
  }
}
