package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * What the options of Kafka sources and sinks have in common: the broker, its topics, and the
 * properties of Kafka's clients. Immutable.
 */
final class KafkaOptions {
  static final String CONNECTOR = "kafka";
  static final String PREFIX = "properties.";
  static final String BOOTSTRAP = PREFIX + CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;

  private static final Predicate<String> OF_CONNECTION =
      Pattern.compile(Pattern.quote(PREFIX) + "(bootstrap\\.servers|(security|sasl|ssl)\\..*)")
          .asMatchPredicate();

  /** Below this many letters, a property of a user's own is as likely as a slip of the hand. */
  private static final int SHORTEST_SUSPECT = 5;

  private static final Set<String> OF_ANY_CLIENT =
      Stream.of(consumerProperties(), producerProperties(), AdminClientConfig.configNames())
          .flatMap(Set::stream)
          .collect(Collectors.toUnmodifiableSet());

  private final ConnectorOptions options;

  KafkaOptions(ConnectorOptions options) {
    this.options = options;
  }

  /**
   * The same options, with the connection of the first neighbour that has one where these have
   * none. A connection is the broker's addresses and what its security wants.
   */
  KafkaOptions connectedLike(ConnectorOptions... neighbours) {
    if (servers().isEmpty()) {
      for (ConnectorOptions neighbour : neighbours) {
        if (!new KafkaOptions(neighbour).servers().isEmpty()) {
          Map<String, String> values = new LinkedHashMap<>(options.values());
          neighbour.values().entrySet().stream()
              .filter(option -> OF_CONNECTION.test(option.getKey()))
              .forEach(option -> values.putIfAbsent(option.getKey(), option.getValue()));
          return new KafkaOptions(new ConnectorOptions(options.place(), values));
        }
      }
    }
    return this;
  }

  /** Whether a client of one may do what that of the other does: same brokers, same credentials. */
  boolean connectsLike(KafkaOptions other) {
    return servers().equals(other.servers()) && connection().equals(other.connection());
  }

  /** What a connection takes beside the broker's addresses. */
  private Map<String, String> connection() {
    Map<String, String> connection = new LinkedHashMap<>(options.values());
    connection.keySet().removeIf(key -> key.equals(BOOTSTRAP) || !OF_CONNECTION.test(key));
    return connection;
  }

  ConnectorOptions options() {
    return options;
  }

  /** The broker's addresses; none where these are not the options of Kafka, or name none. */
  Set<String> servers() {
    return options.names(CONNECTOR) ? split(BOOTSTRAP, ",") : Set.of();
  }

  /** The topics that are named one by one. */
  Set<String> topics() {
    return split(KafkaConnectorOptions.TOPIC.key(), ";");
  }

  /** The client's own properties, without their prefix. */
  Properties properties() {
    Properties properties = new Properties();
    options
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith(PREFIX)) {
                properties.setProperty(key.substring(PREFIX.length()), value);
              }
            });
    return properties;
  }

  /**
   * Those of the client's properties that another kind of client has too, and those that no client
   * of Kafka's has: they are of what a user plugs in, such as a config provider.
   */
  Map<String, Object> properties(Set<String> names) {
    Map<String, Object> properties = new HashMap<>();
    properties()
        .forEach(
            (key, value) -> {
              if (names.contains(key.toString()) || !OF_ANY_CLIENT.contains(key.toString())) {
                properties.put(key.toString(), value);
              }
            });
    return properties;
  }

  /** Refuses a missing broker and every key that no one reads. */
  void checkKeys(
      OptionCheck check, List<String> allowed, List<String> formatKeys, Set<String> properties) {
    if (servers().isEmpty()) {
      check.refuse(BOOTSTRAP, "missing (expected: the broker's host:port)");
    }
    List<String> known = new ArrayList<>(allowed);
    known.add(ConnectorOptions.CONNECTOR);
    known.addAll(formatKeys);
    for (String key : options.values().keySet()) {
      if (key.startsWith(PREFIX)) {
        checkProperty(check, key, properties);
      } else if (!known.contains(key)
          && formatKeys.stream().noneMatch(formatKey -> key.startsWith(formatKey + "."))) {
        List<String> shown = new ArrayList<>(known);
        shown.add(PREFIX + "*");
        check.refuseUnknown(key, shown);
      }
    }
  }

  /** Kafka's clients take any property, so only a slip of the hand is refused. */
  private static void checkProperty(OptionCheck check, String key, Set<String> properties) {
    String property = key.substring(PREFIX.length());
    if (!OF_ANY_CLIENT.contains(property) && property.length() >= SHORTEST_SUSPECT) {
      new Suggestion(property, properties)
          .nearest()
          .ifPresent(
              nearest ->
                  check.refuse(
                      key, "no property of Kafka's client (did you mean '%s'?)", PREFIX + nearest));
    }
  }

  /** Refuses to write a topic that another part of the same job uses. */
  void refuseTopic(OptionCheck check, String topic, ConnectorOptions other, String because) {
    KafkaOptions part = new KafkaOptions(other).connectedLike(options);
    if (!Collections.disjoint(servers(), part.servers())
        && (part.topics().contains(topic) || part.patternMatches(topic))) {
      check.refuse(
          KafkaConnectorOptions.TOPIC, "'%s' is %s (expected: another topic)", topic, because);
    }
  }

  /** Whether the topics are named by a pattern, and this is one of them. */
  boolean patternMatches(String topic) {
    try {
      return options
          .value(KafkaConnectorOptions.TOPIC_PATTERN.key())
          .filter(pattern -> Pattern.matches(pattern, topic))
          .isPresent();
    } catch (PatternSyntaxException e) {
      // The source itself reports a pattern that is none.
      return false;
    }
  }

  private Set<String> split(String key, String separator) {
    return options
        .value(key)
        .map(value -> Arrays.stream(value.split(separator)).map(String::strip))
        .map(parts -> parts.filter(part -> !part.isEmpty()).collect(Collectors.toSet()))
        .orElse(Set.of());
  }

  static Set<String> consumerProperties() {
    Set<String> names = new TreeSet<>(ConsumerConfig.configNames());
    names.addAll(
        List.of(
            "partition.discovery.interval.ms",
            "client.id.prefix",
            "commit.offsets.on.checkpoint",
            "register.consumer.metrics"));
    return names;
  }

  static Set<String> producerProperties() {
    return ProducerConfig.configNames();
  }
}
