package io.tidemill.connectors.kafka;

import java.io.Serializable;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What record a topic takes, asked of its broker when a writer opens: how large, whether without a
 * key, and how far its time may be from now.
 *
 * <p>Another must not reach the producer: the job would fail, restart, and meet it again without
 * end. Not thread-safe.
 */
final class RecordLimit implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(RecordLimit.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** What Kafka's format adds at most to a batch of one record: the batch's and its own header. */
  private static final int FRAME_BYTES = 61 + 21;

  /** The lengths of a header's name and value, as they may be written. */
  private static final int HEADER_FRAME_BYTES = 10;

  /** In UTF-8, of a letter as Java counts them. */
  private static final int MOST_BYTES_OF_LETTER = 3;

  /**
   * The part of a topic's limit that is left for bytes which grow when they are compressed: by less
   * than a sixtieth in Snappy, and by less in the others.
   */
  private static final int GROWTH_PART = 32;

  private static final String LOG_APPEND_TIME = "LogAppendTime";
  private static final Set<String> NOT_OF_TOPIC = Set.of("producer", "uncompressed");

  private final Broker broker;
  private final String topic;
  private final @Nullable CompressionType grownBy;
  private int bytes;
  private boolean needsKey;
  private long aheadMillis = Long.MAX_VALUE;
  private long behindMillis = Long.MAX_VALUE;

  /**
   * A limit.
   *
   * @param producerBytes what the producer itself takes
   */
  RecordLimit(Broker broker, String topic, int producerBytes) {
    this(broker, topic, producerBytes, null);
  }

  private RecordLimit(
      Broker broker, String topic, int producerBytes, @Nullable CompressionType grownBy) {
    this.broker = broker;
    this.topic = topic;
    this.bytes = producerBytes;
    this.grownBy = grownBy;
  }

  /**
   * The same where a record within the limit must fit whatever it holds: a topic's limit is for
   * what is compressed, by the producer or by the topic, and random bytes are longer then.
   */
  RecordLimit whateverItHolds(CompressionType producer) {
    return new RecordLimit(broker, topic, bytes, producer);
  }

  /** Asks the broker. One that does not tell leaves what the producer takes. */
  void open() {
    open(PATIENCE);
  }

  void open(Duration patience) {
    try {
      broker.topicConfig(topic, patience).ifPresent(this::read);
    } catch (Broker.UnansweredException e) {
      LOG.warn("topic '{}': the broker does not tell what records it takes", topic, e);
    }
  }

  private void read(Config config) {
    int taken = Broker.largestRecord(config);
    bytes = Math.min(bytes, grows(config) ? taken - taken / GROWTH_PART : taken);
    needsKey = Broker.isCompacted(config);
    // By its own clock a broker sets a time that it does not refuse.
    if (!LOG_APPEND_TIME.equals(Broker.value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG))) {
      aheadMillis = millis(config, TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG);
      behindMillis = millis(config, TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG);
    }
  }

  /** Those of a broker before Kafka 3.6, which lacks the setting, are not known. */
  private static long millis(Config config, String key) {
    String value = Broker.value(config, key);
    return value == null ? Long.MAX_VALUE : Long.parseLong(value);
  }

  private boolean grows(Config config) {
    String type = Broker.value(config, TopicConfig.COMPRESSION_TYPE_CONFIG);
    return grownBy != null
        && (grownBy != CompressionType.NONE || (type != null && !NOT_OF_TOPIC.contains(type)));
  }

  /** Whether the topic refuses a record without key, and its whole batch. */
  boolean needsKey() {
    return needsKey;
  }

  /** Whether the topic takes a record of this time now; one without gets that of its broker. */
  boolean takesTime(@Nullable Long timestamp) {
    if (timestamp == null) {
      return true;
    }
    long ahead = timestamp - System.currentTimeMillis();
    return ahead <= aheadMillis && -ahead <= behindMillis;
  }

  int bytes() {
    return bytes;
  }

  /** How far a record lies beyond the limit; zero or less for one that fits. */
  int excess(ProducerRecord<byte[], byte[]> record) {
    long excess = FRAME_BYTES + length(record.key()) + length(record.value()) - (long) bytes;
    long names = 0;
    for (Header header : record.headers()) {
      excess += HEADER_FRAME_BYTES + length(header.value());
      names += header.key().length();
    }
    if (excess + MOST_BYTES_OF_LETTER * names > 0) {
      // Only then it matters how long the names are, which takes a look at each letter.
      for (Header header : record.headers()) {
        excess += Utils.utf8Length(header.key());
      }
    }
    return (int) Math.min(Integer.MAX_VALUE, excess);
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
