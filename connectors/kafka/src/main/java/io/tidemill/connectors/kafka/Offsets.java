package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionCheck;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions.ScanBoundedMode;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions.ScanStartupMode;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/** Where a source begins and where it ends, from its options. Not thread-safe. */
final class Offsets {
  private static final Pattern PAIR = Pattern.compile("partition:(\\d+),offset:(\\d+)");
  private static final String PAIRS = "as in partition:0,offset:42;partition:1,offset:300";

  private final OptionCheck check;
  private final List<String> topics;
  private final Properties properties;

  Offsets(OptionCheck check, List<String> topics, Properties properties) {
    this.check = check;
    this.topics = topics;
    this.properties = properties;
  }

  OffsetsInitializer starting() {
    ScanStartupMode mode =
        check.read(KafkaConnectorOptions.SCAN_STARTUP_MODE, ScanStartupMode.GROUP_OFFSETS);
    if (check.isRefused(KafkaConnectorOptions.SCAN_STARTUP_MODE.key())) {
      // What the mode would have wanted is not known.
      return OffsetsInitializer.earliest();
    }
    return switch (mode) {
      case EARLIEST_OFFSET -> OffsetsInitializer.earliest();
      case LATEST_OFFSET -> OffsetsInitializer.latest();
      case GROUP_OFFSETS -> committed(KafkaConnectorOptions.SCAN_STARTUP_MODE);
      case TIMESTAMP ->
          timestamp(
              KafkaConnectorOptions.SCAN_STARTUP_TIMESTAMP_MILLIS,
              KafkaConnectorOptions.SCAN_STARTUP_MODE);
      case SPECIFIC_OFFSETS ->
          specific(
              KafkaConnectorOptions.SCAN_STARTUP_SPECIFIC_OFFSETS,
              KafkaConnectorOptions.SCAN_STARTUP_MODE);
    };
  }

  /** Empty for a source that does not end. */
  Optional<OffsetsInitializer> stopping() {
    ScanBoundedMode mode =
        check.read(KafkaConnectorOptions.SCAN_BOUNDED_MODE, ScanBoundedMode.UNBOUNDED);
    return switch (mode) {
      case UNBOUNDED -> Optional.empty();
      case LATEST_OFFSET -> Optional.of(OffsetsInitializer.latest());
      case GROUP_OFFSETS -> Optional.of(committed(KafkaConnectorOptions.SCAN_BOUNDED_MODE));
      case TIMESTAMP ->
          Optional.of(
              timestamp(
                  KafkaConnectorOptions.SCAN_BOUNDED_TIMESTAMP_MILLIS,
                  KafkaConnectorOptions.SCAN_BOUNDED_MODE));
      case SPECIFIC_OFFSETS ->
          Optional.of(
              specific(
                  KafkaConnectorOptions.SCAN_BOUNDED_SPECIFIC_OFFSETS,
                  KafkaConnectorOptions.SCAN_BOUNDED_MODE));
    };
  }

  @SuppressWarnings("deprecation") // Flink's initializer takes Kafka's deprecated enum.
  private OffsetsInitializer committed(ConfigOption<?> mode) {
    if (!properties.containsKey(ConsumerConfig.GROUP_ID_CONFIG)) {
      check.refuse(
          KafkaOptions.PREFIX + ConsumerConfig.GROUP_ID_CONFIG,
          "missing (expected: the consumer group whose offsets %1$s 'group-offsets' asks for; set"
              + " it, or %1$s, for instance to earliest-offset)",
          mode.key());
    }
    String reset =
        properties.getProperty(
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, OffsetResetStrategy.NONE.name());
    Optional<OffsetResetStrategy> strategy =
        Arrays.stream(OffsetResetStrategy.values())
            .filter(value -> value.name().equalsIgnoreCase(reset))
            .findFirst();
    if (strategy.isEmpty()) {
      check.refuse(
          KafkaOptions.PREFIX + ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
          "'%s' (expected: one of %s)",
          reset,
          Arrays.stream(OffsetResetStrategy.values())
              .map(value -> value.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(", ")));
    }
    return OffsetsInitializer.committedOffsets(strategy.orElse(OffsetResetStrategy.NONE));
  }

  private OffsetsInitializer timestamp(ConfigOption<Long> option, ConfigOption<?> mode) {
    String expected = "milliseconds since the epoch, as " + mode.key() + " 'timestamp' wants";
    int before = check.problemCount();
    Optional<Long> millis = check.written(option, expected);
    if (millis.isEmpty() && check.problemCount() == before) {
      check.refuse(option, "missing (expected: %s)", expected);
    }
    return OffsetsInitializer.timestamp(millis.orElse(0L));
  }

  private OffsetsInitializer specific(ConfigOption<String> option, ConfigOption<?> mode) {
    if (topics.size() != 1) {
      check.refuse(
          mode,
          "'specific-offsets' with %d topics (expected: topic names one topic)",
          topics.size());
    }
    Map<TopicPartition, Long> offsets = new HashMap<>();
    String written = check.written(option, PAIRS).orElse("");
    for (String pair : written.split(";")) {
      Matcher matcher = PAIR.matcher(pair.strip());
      if (!matcher.matches()) {
        check.refuse(option, "'%s' (expected: %s)", written, PAIRS);
        break;
      }
      offsets.put(
          new TopicPartition(
              topics.isEmpty() ? "" : topics.get(0), Integer.parseInt(matcher.group(1))),
          Long.parseLong(matcher.group(2)));
    }
    return OffsetsInitializer.offsets(offsets);
  }
}
