package io.tidemill.connectors.registry;

import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * The format {@code avro-confluent}: options of the names that Flink's own has, without its client.
 * Immutable.
 */
public final class RegistryFormat {
  /** The value of the option {@code format}. */
  public static final String NAME = "avro-confluent";

  private static final String URL = "url";
  private static final String SUBJECT = "subject";
  private static final String NAMING = "subject-name-strategy";
  private static final String REGISTER = "auto-register";
  private static final String BASIC_SOURCE = "basic-auth.credentials-source";
  private static final String BASIC = "basic-auth.user-info";
  private static final String BEARER_SOURCE = "bearer-auth.credentials-source";
  private static final String BEARER = "bearer-auth.token";
  private static final String KEYS = "ssl.keystore";
  private static final String TRUSTED = "ssl.truststore";
  private static final String LOCATION = ".location";
  private static final String PASSWORD = ".password";

  private final ConnectorOptions options;
  private final String urlKey;
  private final RegistrySettings settings;
  private final Optional<String> subject;
  private final SubjectNaming naming;
  private final boolean registers;

  private RegistryFormat(
      ConnectorOptions options,
      String urlKey,
      RegistrySettings settings,
      Optional<String> subject,
      SubjectNaming naming,
      boolean registers) {
    this.options = options;
    this.urlKey = urlKey;
    this.settings = settings;
    this.subject = subject;
    this.naming = naming;
    this.registers = registers;
  }

  /** The names of the options of a source, or of a sink, without a prefix. */
  public static List<String> keys(boolean sink) {
    Stream<String> shared =
        Stream.of(
            URL,
            BASIC_SOURCE,
            BASIC,
            BEARER_SOURCE,
            BEARER,
            KEYS + LOCATION,
            KEYS + PASSWORD,
            TRUSTED + LOCATION,
            TRUSTED + PASSWORD);
    return Stream.concat(shared, sink ? Stream.of(SUBJECT, NAMING, REGISTER) : Stream.of())
        .toList();
  }

  /** Reads the options with this prefix, or refuses them. */
  public static Optional<RegistryFormat> read(String prefix, OptionCheck check) {
    int before = check.problemCount();
    ConnectorOptions options = check.options();
    List<String> urls = new ArrayList<>();
    String user = null;
    for (String url : options.value(prefix + URL).orElse("").split(",")) {
      Optional<URI> uri = uri(url.strip());
      if (uri.isEmpty()) {
        check.refuse(
            prefix + URL,
            "%s (expected: the registry's URL, such as https://registry:8081; several with commas)",
            url.isBlank() ? "missing" : "'" + ConnectorOptions.withoutSecrets(url) + "'");
      } else {
        user = uri.get().getUserInfo() == null ? user : uri.get().getUserInfo();
        urls.add(withoutUser(uri.get()));
      }
    }
    String authorization = authorization(prefix, check, user);
    SubjectNaming naming =
        check.read(
            ConfigOptions.key(prefix + NAMING)
                .enumType(SubjectNaming.class)
                .defaultValue(SubjectNaming.TOPIC),
            SubjectNaming.TOPIC);
    ConfigOption<Boolean> register =
        ConfigOptions.key(prefix + REGISTER).booleanType().defaultValue(true);
    boolean registers = check.read(register, "true or false");
    RegistrySettings settings =
        new RegistrySettings(
            urls, authorization, store(prefix + KEYS, check), store(prefix + TRUSTED, check));
    return check.problemCount() > before
        ? Optional.empty()
        : Optional.of(
            new RegistryFormat(
                options,
                prefix + URL,
                settings,
                options.value(prefix + SUBJECT),
                naming,
                registers));
  }

  private static Optional<URI> uri(String url) {
    try {
      return Optional.of(URI.create(url))
          .filter(uri -> "http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          .filter(uri -> uri.getHost() != null && uri.getQuery() == null);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String withoutUser(URI uri) {
    String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceAll("/+$", "");
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme() + "://" + uri.getHost() + port + path;
  }

  private static @Nullable String authorization(
      String prefix, OptionCheck check, @Nullable String inUrl) {
    ConnectorOptions options = check.options();
    refuseOther(prefix + BASIC_SOURCE, check, "USER_INFO", "URL");
    refuseOther(prefix + BEARER_SOURCE, check, "STATIC_TOKEN");
    Optional<String> user = options.value(prefix + BASIC).or(() -> Optional.ofNullable(inUrl));
    Optional<String> token = options.value(prefix + BEARER);
    if (user.isPresent() && token.isPresent()) {
      check.refuse(prefix + BEARER, "given beside a user (expected: one of the two)");
    }
    if (user.filter(info -> !info.contains(":")).isPresent()) {
      check.refuse(prefix + BASIC, "no ':' in it (expected: user:password)");
    }
    if (user.isEmpty() && options.value(prefix + BASIC_SOURCE).isPresent()) {
      check.refuse(
          prefix + BASIC, "missing (expected: user:password, as %s wants)", prefix + BASIC_SOURCE);
    }
    return user.map(
            info ->
                "Basic "
                    + Base64.getEncoder().encodeToString(info.getBytes(StandardCharsets.UTF_8)))
        .or(() -> token.map(text -> "Bearer " + text))
        .orElse(null);
  }

  private static void refuseOther(String key, OptionCheck check, String... known) {
    check
        .options()
        .value(key)
        .filter(source -> !Arrays.asList(known).contains(source))
        .ifPresent(
            source -> check.refuse(key, "'%s' (expected: %s)", source, String.join(" or ", known)));
  }

  private static RegistrySettings.@Nullable Store store(String key, OptionCheck check) {
    String path = check.options().value(key + LOCATION).orElse(null);
    if (path == null) {
      return null;
    }
    var store =
        new RegistrySettings.Store(path, check.options().value(key + PASSWORD).orElse(null));
    try {
      store.load();
    } catch (RegistryException unreadable) {
      check.refuse(key + LOCATION, "%s", String.valueOf(unreadable.getMessage()));
    }
    return store;
  }

  /** A decoder of what any schema of the registry wrote, as rows of this one. */
  public DeserializationSchema<RowData> decoder(AvroSchema schema) {
    return new RegistryDecoder(settings, schema);
  }

  /** An encoder of rows of a schema, which it registers or finds when it opens. */
  public SerializationSchema<RowData> encoder(AvroSchema schema, String topic) {
    return new RegistryEncoder(
        settings, subject.orElseGet(() -> naming.subject(topic, schema.name())), registers, schema);
  }

  /** A registry that does not answer, or not to this job. Blocks for about ten seconds at most. */
  public List<Problem<OptionKey>> obstacles() {
    try {
      new RegistryClient(settings, 1, Duration.ZERO, RegistryClient.ANSWER).ping();
      return List.of();
    } catch (RegistryException e) {
      return List.of(
          new Problem<>(new OptionKey(options.place(), urlKey), String.valueOf(e.getMessage())));
    }
  }
}
