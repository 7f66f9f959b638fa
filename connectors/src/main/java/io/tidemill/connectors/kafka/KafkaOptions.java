package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionProblems;
import io.tidemill.connectors.options.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** What the options of Kafka sources and sinks have in common. Stateless. */
final class KafkaOptions {
  static final String CONNECTOR = "kafka";
  static final String PREFIX = "properties.";
  static final String BOOTSTRAP = PREFIX + CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;

  private static final List<String> CONNECTION_PREFIXES =
      List.of(PREFIX + "security.", PREFIX + "sasl.", PREFIX + "ssl.");

  private KafkaOptions() {}

  /** The broker's addresses, where these options are those of Kafka and name it. */
  static Optional<String> bootstrapServers(ConnectorOptions options) {
    return CONNECTOR.equals(options.values().get(ConnectorOptions.CONNECTOR))
        ? Optional.ofNullable(options.values().get(BOOTSTRAP)).filter(value -> !value.isBlank())
        : Optional.empty();
  }

  /**
   * The same options, with the connection of the first neighbour that has one where these have
   * none. A connection is the broker's addresses and what its security wants.
   */
  static ConnectorOptions connected(ConnectorOptions options, List<ConnectorOptions> neighbours) {
    if (bootstrapServers(options).isPresent()) {
      return options;
    }
    Optional<ConnectorOptions> neighbour =
        neighbours.stream().filter(other -> bootstrapServers(other).isPresent()).findFirst();
    if (neighbour.isEmpty()) {
      return options;
    }
    Map<String, String> values = new LinkedHashMap<>(options.values());
    neighbour
        .get()
        .values()
        .forEach(
            (key, value) -> {
              if (key.equals(BOOTSTRAP) || CONNECTION_PREFIXES.stream().anyMatch(key::startsWith)) {
                values.putIfAbsent(key, value);
              }
            });
    return new ConnectorOptions(options.place(), values);
  }

  /** Reports a missing broker and every key that no one reads. */
  static void check(
      ConnectorOptions options,
      List<String> allowed,
      List<String> formatKeys,
      Set<String> properties,
      OptionProblems problems) {
    if (bootstrapServers(options).isEmpty()) {
      problems.add(BOOTSTRAP, "missing (expected: the broker's host:port)");
    }
    List<String> known = new ArrayList<>(allowed);
    known.add(ConnectorOptions.CONNECTOR);
    known.addAll(formatKeys);
    for (String key : options.values().keySet()) {
      if (key.startsWith(PREFIX)) {
        checkProperty(key.substring(PREFIX.length()), properties, problems);
      } else if (!known.contains(key)
          && formatKeys.stream().noneMatch(formatKey -> key.startsWith(formatKey + "."))) {
        List<String> shown = new ArrayList<>(known);
        shown.add(PREFIX + "*");
        problems.addUnknown(key, shown);
      }
    }
  }

  /** Kafka's clients take any property, so only a slip of the hand is refused. */
  private static void checkProperty(
      String property, Set<String> properties, OptionProblems problems) {
    if (!properties.contains(property)) {
      Suggestion.nearest(property, properties)
          .filter(nearest -> property.length() > 4)
          .ifPresent(
              nearest ->
                  problems.add(
                      PREFIX + property,
                      "no property of Kafka's client (did you mean '" + PREFIX + nearest + "'?)"));
    }
  }

  static Set<String> consumerProperties() {
    Set<String> names = new TreeSet<>(ConsumerConfig.configNames());
    names.add("partition.discovery.interval.ms");
    names.add("client.id.prefix");
    names.add("commit.offsets.on.checkpoint");
    names.add("register.consumer.metrics");
    return names;
  }

  static Set<String> producerProperties() {
    return ProducerConfig.configNames();
  }

  /** The client's own properties, without their prefix. */
  static Properties properties(ConnectorOptions options) {
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
}
