package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionCheck;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.flink.api.connector.sink2.Sink;
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
import org.apache.kafka.common.record.CompressionType;

/**
 * What the options of a Kafka sink say, except its format. Immutable.
 *
 * @param transactionTimeout how long the broker keeps a transaction that no one commits
 * @param oversized what becomes of a dead letter that its topic does not take
 * @param largestRecord what the producer itself takes, in bytes: no more than its buffer holds
 */
record SinkSettings(
    String topic,
    DeliveryGuarantee guarantee,
    String transactionalIdPrefix,
    TransactionNamingStrategy naming,
    Duration transactionTimeout,
    Optional<Integer> parallelism,
    Oversized oversized,
    int largestRecord,
    Properties properties) {
  /** The option that says how long a transaction lives. */
  static final String TRANSACTION_TIMEOUT =
      KafkaOptions.PREFIX + ProducerConfig.TRANSACTION_TIMEOUT_CONFIG;

  /**
   * Under the broker's usual maximum of 15 minutes, and enough for a restart that takes a while.
   */
  static final Duration DEFAULT_TRANSACTION_TIMEOUT = Duration.ofMinutes(10);

  /** Tidemill's own, of dead-letter sinks. */
  static final ConfigOption<Oversized> OVERSIZED =
      ConfigOptions.key("sink.oversized-value")
          .enumType(Oversized.class)
          .defaultValue(Oversized.TRUNCATE);

  /** By default what the producer's usual {@code buffer.memory} holds: more could not be sent. */
  static final ConfigOption<Integer> LARGEST_REQUEST =
      ConfigOptions.key(KafkaOptions.PREFIX + ProducerConfig.MAX_REQUEST_SIZE_CONFIG)
          .intType()
          .defaultValue(32 << 20);

  private static final String BUFFER = KafkaOptions.PREFIX + ProducerConfig.BUFFER_MEMORY_CONFIG;

  /**
   * Bytes of a request's part for one partition. The producer's usual 16 KiB holds few predictions
   * with their headers, and each request costs client and broker as much as hundreds of records.
   */
  private static final int BATCH_BYTES = 128 << 10;

  /**
   * A producer holds one batch for each partition and more that wait: with less, its usual ones.
   */
  private static final int BATCHES_HELD = 32;

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
   * Reads the options and refuses what is wrong with them.
   *
   * @param defaultPrefix of the transactional ids, where the options name none
   */
  static SinkSettings read(KafkaOptions options, String defaultPrefix, OptionCheck check) {
    List<String> topics = check.written(KafkaConnectorOptions.TOPIC, "one topic").orElse(List.of());
    if (topics.isEmpty()) {
      check.refuse(KafkaConnectorOptions.TOPIC, "missing (expected: the topic to write)");
    } else if (topics.size() > 1) {
      check.refuse(KafkaConnectorOptions.TOPIC, "%s (expected: one topic to write)", topics);
    }
    String prefix =
        check
            .written(KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX, "a name")
            .orElse(defaultPrefix);
    int prefixBytes = prefix.getBytes(StandardCharsets.UTF_8).length;
    if (prefix.isBlank() || prefixBytes > LONGEST_PREFIX_BYTES) {
      check.refuse(
          KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX,
          "'%s' of %d bytes (expected: 1 to %d bytes, unique in the Kafka cluster; set a shorter"
              + " one)",
          prefix,
          prefixBytes,
          LONGEST_PREFIX_BYTES);
    }
    int timeout = check.read(TIMEOUT_MILLIS, "milliseconds");
    Properties properties = options.properties();
    properties.setProperty(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Integer.toString(timeout));
    int largest = check.read(LARGEST_REQUEST, "bytes");
    long batches = BATCHES_HELD * (long) BATCH_BYTES;
    if (buffer(properties, batches) >= batches) {
      properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(BATCH_BYTES));
    }
    // A record passes through with more headers than it came with: the topic alone is its limit.
    properties.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(largest));
    return new SinkSettings(
        topics.isEmpty() ? "" : topics.get(0),
        check.read(KafkaConnectorOptions.DELIVERY_GUARANTEE, DeliveryGuarantee.EXACTLY_ONCE),
        prefix,
        check.read(
            KafkaConnectorOptions.TRANSACTION_NAMING_STRATEGY,
            TransactionNamingStrategy.INCREMENTING),
        Duration.ofMillis(timeout),
        check.parallelism(KafkaConnectorOptions.SINK_PARALLELISM),
        check.read(OVERSIZED, Oversized.TRUNCATE),
        (int) Math.min(largest, buffer(properties, largest)),
        properties);
  }

  /** Refuses transactional ids that the sink beside this one ends, or whose ids this one ends. */
  void refuseTransactionsOf(SinkSettings sink, OptionCheck check) {
    if (guarantee != DeliveryGuarantee.EXACTLY_ONCE
        || sink.guarantee != DeliveryGuarantee.EXACTLY_ONCE) {
      return;
    }
    if (transactionalIdPrefix.equals(sink.transactionalIdPrefix)) {
      check.refuse(
          KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX,
          "'%s' is that of the sink of the same job (expected: another, or each ends the"
              + " transactions of the other)",
          transactionalIdPrefix);
    } else if (endsThoseOf(sink) || sink.endsThoseOf(this)) {
      check.refuse(
          KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX,
          "'%s' beside '%s' of the sink of the same job (expected: two of which neither begins the"
              + " other, as naming strategy POOLING ends all transactions whose ids begin with its"
              + " prefix)",
          transactionalIdPrefix,
          sink.transactionalIdPrefix);
    }
  }

  /** Whether its writers, when they open, take the transactions of another sink for their own. */
  private boolean endsThoseOf(SinkSettings other) {
    return naming == TransactionNamingStrategy.POOLING
        && other.transactionalIdPrefix.startsWith(transactionalIdPrefix);
  }

  /**
   * The bytes of a producer's buffer, which holds each record as a whole, or others where the job
   * does not tell. One that is no number is refused elsewhere.
   */
  private static long buffer(Properties properties, long otherwise) {
    try {
      return Long.parseLong(
          properties
              .getProperty(ProducerConfig.BUFFER_MEMORY_CONFIG, String.valueOf(otherwise))
              .trim());
    } catch (NumberFormatException unread) {
      return otherwise;
    }
  }

  /** How large a record may be. */
  RecordLimit limit(Broker broker) {
    return new RecordLimit(broker, topic, largestRecord);
  }

  /**
   * How large a dead letter may be, which fits whatever it holds where it may be cut.
   *
   * @param producer of the sink that writes it, this one or that of predictions
   */
  RecordLimit letterLimit(Broker broker, SinkSettings producer) {
    RecordLimit limit = new RecordLimit(broker, topic, producer.largestRecord);
    return oversized == Oversized.FAIL ? limit : limit.whateverItHolds(producer.compression());
  }

  private CompressionType compression() {
    return CompressionType.forName(
        properties.getProperty(ProducerConfig.COMPRESSION_TYPE_CONFIG, CompressionType.NONE.name));
  }

  /** The option that says what the producer itself takes. */
  String largestRecordKey() {
    return properties
            .getProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, "")
            .equals(Integer.toString(largestRecord))
        ? LARGEST_REQUEST.key()
        : BUFFER;
  }

  Sink<RowData> sink(KafkaRecordSerializationSchema<RowData> encoder, Broker broker) {
    KafkaSinkBuilder<RowData> builder =
        KafkaSink.<RowData>builder()
            .setKafkaProducerConfig(properties)
            .setDeliveryGuarantee(guarantee)
            .setTransactionNamingStrategy(naming)
            .setRecordSerializer(encoder);
    if (guarantee == DeliveryGuarantee.EXACTLY_ONCE) {
      builder.setTransactionalIdPrefix(transactionalIdPrefix);
    }
    KafkaSink<RowData> sink = builder.build();
    // Ids of a pool are used again, so that what became of one says little of a transaction.
    return guarantee == DeliveryGuarantee.EXACTLY_ONCE
            && naming == TransactionNamingStrategy.INCREMENTING
        ? new StrictKafkaSink(sink, broker, topic, transactionTimeout.toMillis())
        : sink;
  }
}
