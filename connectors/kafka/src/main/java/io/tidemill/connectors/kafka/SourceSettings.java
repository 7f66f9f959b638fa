package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionCheck;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * What the options of a Kafka source say, except its format. Immutable.
 *
 * @param topics that are read; empty where {@code pattern} names them
 * @param stopping empty for a source that does not end
 */
record SourceSettings(
    List<String> topics,
    Optional<Pattern> pattern,
    OffsetsInitializer starting,
    Optional<OffsetsInitializer> stopping,
    Optional<Integer> parallelism,
    Properties properties) {
  static final List<String> KEYS =
      Stream.<ConfigOption<?>>of(
              KafkaConnectorOptions.TOPIC,
              KafkaConnectorOptions.TOPIC_PATTERN,
              KafkaConnectorOptions.SCAN_STARTUP_MODE,
              KafkaConnectorOptions.SCAN_STARTUP_SPECIFIC_OFFSETS,
              KafkaConnectorOptions.SCAN_STARTUP_TIMESTAMP_MILLIS,
              KafkaConnectorOptions.SCAN_BOUNDED_MODE,
              KafkaConnectorOptions.SCAN_BOUNDED_SPECIFIC_OFFSETS,
              KafkaConnectorOptions.SCAN_BOUNDED_TIMESTAMP_MILLIS,
              KafkaConnectorOptions.SCAN_TOPIC_PARTITION_DISCOVERY,
              KafkaConnectorOptions.SCAN_PARALLELISM,
              KafkaConnectorOptions.VALUE_FORMAT,
              FactoryUtil.FORMAT)
          .map(ConfigOption::key)
          .toList();

  static SourceSettings read(KafkaOptions options, OptionCheck check) {
    List<String> topics =
        check.written(KafkaConnectorOptions.TOPIC, "topics, separated by ';'").orElse(List.of());
    Optional<Pattern> pattern = pattern(check);
    boolean patternWritten =
        options.options().values().containsKey(KafkaConnectorOptions.TOPIC_PATTERN.key());
    if (topics.isEmpty() != patternWritten) {
      check.refuse(
          KafkaConnectorOptions.TOPIC,
          patternWritten
              ? "both topic and topic-pattern are set (expected: one of them)"
              : "missing (expected: the topic to read, or topic-pattern)");
    }
    Properties properties = options.properties();
    // What a transaction aborted was never said: reading it would score it.
    properties.putIfAbsent(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.setProperty(
        KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(),
        Long.toString(
            check
                .read(
                    KafkaConnectorOptions.SCAN_TOPIC_PARTITION_DISCOVERY,
                    "a duration such as 5 min")
                .toMillis()));
    Offsets offsets = new Offsets(check, topics, properties);
    return new SourceSettings(
        topics,
        pattern,
        offsets.starting(),
        offsets.stopping(),
        check.parallelism(KafkaConnectorOptions.SCAN_PARALLELISM),
        properties);
  }

  /** Whether a topic is read. */
  boolean reads(String topic) {
    return topics.contains(topic)
        || pattern.filter(names -> names.matcher(topic).matches()).isPresent();
  }

  private static Optional<Pattern> pattern(OptionCheck check) {
    Optional<String> written =
        check.written(KafkaConnectorOptions.TOPIC_PATTERN, "a regular expression");
    try {
      return written.map(Pattern::compile);
    } catch (PatternSyntaxException e) {
      check.refuse(
          KafkaConnectorOptions.TOPIC_PATTERN,
          "'%s' (expected: a regular expression; %s)",
          e.getPattern(),
          e.getDescription());
      return Optional.empty();
    }
  }
}
