package io.tidemill.connectors.kafka;

import io.tidemill.connectors.problem.RootCause;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * What is committed in a topic when this is first read: every reading ends there. Offsets are
 * neither kept nor committed. Not thread-safe.
 */
final class CommittedRecords {
  private static final Duration POLL = Duration.ofMillis(200);

  /** How long the broker may give nothing of what it has. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final KafkaOptions options;
  private final String topic;
  private @Nullable Map<TopicPartition, Long> ends;

  /** Takes what was read. */
  interface Reader {
    void read(ConsumerRecord<byte[], byte[]> record) throws IOException;
  }

  /** The first offset to read, and the one behind the last. */
  record Range(long from, long to) {
    static final Range ALL = new Range(0, Long.MAX_VALUE);

    Range with(long offset) {
      return new Range(Math.min(from, offset), Math.max(to, offset + 1));
    }
  }

  CommittedRecords(KafkaOptions options, String topic) {
    this.options = options;
    this.topic = topic;
  }

  /** Where they are, for a message. */
  String place() {
    return "topic '%s' at %s".formatted(topic, String.join(",", options.servers()));
  }

  /** Reads all of it. */
  void forEach(Reader reader) throws IOException {
    forEach(Map.of(), reader);
  }

  /**
   * Reads each partition in its order.
   *
   * @param ranges by partition; empty for everything
   */
  void forEach(Map<Integer, Range> ranges, Reader reader) throws IOException {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Map<TopicPartition, Long> bounds = ends(consumer);
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(bounds.keySet());
      Map<TopicPartition, Long> left = new HashMap<>();
      bounds.forEach(
          (partition, end) -> {
            Range range =
                ranges.isEmpty()
                    ? Range.ALL
                    : ranges.getOrDefault(partition.partition(), new Range(0, 0));
            if (Math.max(range.from(), begins.getOrDefault(partition, 0L))
                < Math.min(range.to(), end)) {
              left.put(partition, Math.min(range.to(), end));
            }
          });
      consumer.assign(left.keySet());
      for (TopicPartition partition : left.keySet()) {
        long from = ranges.getOrDefault(partition.partition(), Range.ALL).from();
        consumer.seek(partition, Math.max(from, begins.getOrDefault(partition, 0L)));
      }
      read(consumer, left, reader);
    } catch (KafkaException e) {
      throw new IOException(place() + " cannot be read: " + RootCause.of(e).message(), e);
    }
  }

  private void read(
      KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> left, Reader reader)
      throws IOException {
    long lastNanos = System.nanoTime();
    while (!left.isEmpty()) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        Long end = left.get(new TopicPartition(record.topic(), record.partition()));
        if (end != null && record.offset() < end) {
          reader.read(record);
        }
        lastNanos = System.nanoTime();
      }
      if (left.entrySet().removeIf(open -> consumer.position(open.getKey()) >= open.getValue())) {
        consumer.assign(left.keySet());
        lastNanos = System.nanoTime();
      }
      if (System.nanoTime() - lastNanos > PATIENCE.toNanos()) {
        throw new IOException(
            "%s: its broker has given nothing for %d s (expected: a broker that answers)"
                .formatted(place(), PATIENCE.toSeconds()));
      }
    }
  }

  private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
    return consumer.partitionsFor(topic).stream()
        .map(partition -> new TopicPartition(topic, partition.partition()))
        .toList();
  }

  private Map<TopicPartition, Long> ends(KafkaConsumer<byte[], byte[]> consumer)
      throws IOException {
    Map<TopicPartition, Long> known = ends;
    if (known == null) {
      List<TopicPartition> partitions = partitions(consumer);
      // Brokers hear of a new topic a little later than whoever made it.
      long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
      while (partitions.isEmpty() && System.nanoTime() - deadlineNanos < 0) {
        LockSupport.parkNanos(POLL.toNanos());
        partitions = partitions(consumer);
      }
      if (partitions.isEmpty()) {
        throw new IOException(place() + ": its broker does not know it (expected: a topic)");
      }
      known = new TreeMap<>(Comparator.comparingInt(TopicPartition::partition));
      known.putAll(consumer.endOffsets(partitions));
      ends = known;
    }
    return known;
  }

  private Map<String, Object> properties() {
    Map<String, Object> properties = options.properties(ConsumerConfig.configNames());
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    // What is deleted before its turn comes leaves the rest; Kafka's default would leave it all.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return properties;
  }
}
