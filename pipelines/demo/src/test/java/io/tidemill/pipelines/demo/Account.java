package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What a reader of committed records has seen of numbered records: how often each, as what, with
 * which score, and in which order. For use by one thread.
 */
final class Account implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NUMBER = Pattern.compile("\"id\": (\\d+)");
  private static final int MOST = 4_000_000;

  /** More than batches of different sizes make of one answer. */
  private static final double ROUNDING = 1e-5;

  private static final Duration POLL = Duration.ofMillis(50);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final int partitions;
  private final String predictions;
  private final String deadLetters;
  private final IntToDoubleFunction answer;
  private final byte[] predicted = new byte[MOST];
  private final byte[] buried = new byte[MOST];
  private final Map<String, Integer> latest = new HashMap<>();
  private final List<String> wrong = new ArrayList<>();
  private int outOfOrder;
  private int newest = -1;

  Account(
      String bootstrapServers,
      int partitions,
      String predictions,
      String deadLetters,
      IntToDoubleFunction answer) {
    this.partitions = partitions;
    this.predictions = predictions;
    this.deadLetters = deadLetters;
    this.answer = answer;
    consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "isolation.level",
                "read_committed",
                "max.poll.records",
                10_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer.assign(Stream.concat(of(predictions), of(deadLetters)).toList());
    consumer.seekToBeginning(consumer.assignment());
  }

  private Stream<TopicPartition> of(String topic) {
    return IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i));
  }

  /** Counts some of what has become visible; where there is nothing new, after a moment. */
  void read() throws IOException {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      count(record);
    }
  }

  /** Counts all that is visible by now. */
  void readAll() throws IOException {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      read();
    }
  }

  /** Looks at predictions alone, while there is no topic of dead letters. */
  void leaveDeadLetters() {
    consumer.assign(of(predictions).toList());
  }

  /** Looks at dead letters again, from the beginning of a new topic. */
  void beginDeadLetters() {
    Collection<TopicPartition> all = Stream.concat(of(predictions), of(deadLetters)).toList();
    consumer.assign(all);
    consumer.seekToBeginning(of(deadLetters).toList());
  }

  private void count(ConsumerRecord<byte[], byte[]> record) throws IOException {
    if (record.topic().equals(deadLetters)) {
      // Its value is the record's own, whatever it is.
      Matcher number = NUMBER.matcher(new String(record.value(), UTF_8));
      if (!number.find()) {
        throw new AssertionError("a dead letter of no record: " + record);
      }
      buried[Integer.parseInt(number.group(1))]++;
      return;
    }
    JsonNode prediction = JSON.readTree(record.value());
    int id = prediction.path("id").asInt();
    predicted[id]++;
    newest = Math.max(newest, id);
    double score = prediction.path("score").asDouble(Double.NaN);
    if (!(Math.abs(score - answer.applyAsDouble(id)) < ROUNDING)) {
      wrong.add("%s (expected: score %s)".formatted(prediction, answer.applyAsDouble(id)));
    }
    // Records of one key are in one partition, of both topics.
    Integer before = latest.put(new String(record.key(), UTF_8), id);
    outOfOrder += before != null && before >= id ? 1 : 0;
  }

  /** The highest number of a prediction, or -1. */
  int newest() {
    return newest;
  }

  /** How many of the records of lower numbers nobody sees. */
  int missing(int end) {
    return (int) IntStream.range(0, end).filter(id -> predicted[id] + buried[id] == 0).count();
  }

  /** How many of the records of lower numbers are seen more than once. */
  int doubled(int end) {
    return (int) IntStream.range(0, end).filter(id -> predicted[id] + buried[id] > 1).count();
  }

  /** How many of the records of lower numbers are dead letters. */
  int buried(int end) {
    return (int) IntStream.range(0, end).filter(id -> buried[id] > 0).count();
  }

  /** The predictions whose score is not what the model answers for their record. */
  List<String> wrong() {
    return wrong;
  }

  /** How many predictions came after one of a later record with the same key. */
  int outOfOrder() {
    return outOfOrder;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
