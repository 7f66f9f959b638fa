package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionProblems;
import io.tidemill.connectors.options.OptionReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * What the options of a Kafka sink say, except its format. Immutable.
 *
 * @param transactionTimeout how long the broker keeps a transaction that no one commits
 */
record SinkSettings(
    String topic,
    DeliveryGuarantee guarantee,
    String transactionalIdPrefix,
    TransactionNamingStrategy naming,
    Duration transactionTimeout,
    Optional<Integer> parallelism,
    Properties properties) {
  /** The option that says how long a transaction lives. */
  static final String TRANSACTION_TIMEOUT =
      KafkaOptions.PREFIX + ProducerConfig.TRANSACTION_TIMEOUT_CONFIG;

  /**
   * Under the broker's usual maximum of 15 minutes, and enough for a restart that takes a while.
   */
  static final Duration DEFAULT_TRANSACTION_TIMEOUT = Duration.ofMinutes(10);

  /** What Flink allows. */
  private static final int LONGEST_PREFIX_BYTES = 64_000;

  static final List<String> KEYS =
      Stream.<ConfigOption<?>>of(
              KafkaConnectorOptions.TOPIC,
              KafkaConnectorOptions.DELIVERY_GUARANTEE,
              KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX,
              KafkaConnectorOptions.TRANSACTION_NAMING_STRATEGY,
              KafkaConnectorOptions.SINK_PARALLELISM)
          .map(ConfigOption::key)
          .toList();

  private static final ConfigOption<Integer> TIMEOUT_MILLIS =
      ConfigOptions.key(TRANSACTION_TIMEOUT)
          .intType()
          .defaultValue((int) DEFAULT_TRANSACTION_TIMEOUT.toMillis());

  /**
   * Reads the options and reports what is wrong with them.
   *
   * @param defaultPrefix of the transactional ids, where the options name none
   */
  static SinkSettings read(
      ConnectorOptions options, String defaultPrefix, OptionProblems problems) {
    OptionReader reader = new OptionReader(options, problems);
    List<String> topics =
        reader.written(KafkaConnectorOptions.TOPIC, "one topic").orElse(List.of());
    if (topics.size() != 1) {
      problems.add(
          KafkaConnectorOptions.TOPIC.key(),
          topics.isEmpty()
              ? "missing (expected: the topic to write)"
              : topics + " (expected: one topic to write)");
    }
    String prefix =
        reader
            .written(KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX, "a name")
            .orElse(defaultPrefix);
    int timeout = reader.read(TIMEOUT_MILLIS, "milliseconds");
    Properties properties = KafkaOptions.properties(options);
    properties.setProperty(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Integer.toString(timeout));
    return new SinkSettings(
        topics.isEmpty() ? "" : topics.get(0),
        reader.read(
            KafkaConnectorOptions.DELIVERY_GUARANTEE,
            DeliveryGuarantee.class,
            DeliveryGuarantee.EXACTLY_ONCE),
        checkedPrefix(prefix, problems),
        reader.read(
            KafkaConnectorOptions.TRANSACTION_NAMING_STRATEGY,
            TransactionNamingStrategy.class,
            TransactionNamingStrategy.POOLING),
        Duration.ofMillis(timeout),
        reader
            .written(KafkaConnectorOptions.SINK_PARALLELISM, "a whole number, 1 or more")
            .filter(
                parallelism ->
                    SourceSettings.atLeastOne(
                        parallelism, KafkaConnectorOptions.SINK_PARALLELISM.key(), problems)),
        properties);
  }

  KafkaSink<RowData> sink(KafkaRecordSerializationSchema<RowData> encoder) {
    KafkaSinkBuilder<RowData> builder =
        KafkaSink.<RowData>builder()
            .setKafkaProducerConfig(properties)
            .setDeliveryGuarantee(guarantee)
            .setTransactionNamingStrategy(naming)
            .setRecordSerializer(encoder);
    if (guarantee == DeliveryGuarantee.EXACTLY_ONCE) {
      builder.setTransactionalIdPrefix(transactionalIdPrefix);
    }
    return builder.build();
  }

  private static String checkedPrefix(String prefix, OptionProblems problems) {
    int bytes = prefix.getBytes(StandardCharsets.UTF_8).length;
    if (prefix.isBlank() || bytes > LONGEST_PREFIX_BYTES) {
      problems.add(
          KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX.key(),
          "'"
              + prefix
              + "' of "
              + bytes
              + " bytes (expected: 1 to "
              + LONGEST_PREFIX_BYTES
              + " bytes, unique in the Kafka cluster; set a shorter one)");
    }
    return prefix;
  }
}
