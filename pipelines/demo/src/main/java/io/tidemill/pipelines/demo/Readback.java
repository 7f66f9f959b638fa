package io.tidemill.pipelines.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads predictions and dead letters as any other reader would who asks for committed records only,
 * and hands each to the {@link Tally}.
 *
 * <p>A prediction says by its own {@code transaction_id} which transaction it belongs to, so a
 * result that was joined to another record counts against the job. A dead letter says it by its
 * origin: the partition and offset of the source topic.
 *
 * <p>For use by one thread at a time.
 */
final class Readback implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String CAUSE = "tidemill.cause";
  private static final String CONNECT = "__connect.errors.";

  /** What each prediction says of the model that made it. */
  private static final List<String> PROVENANCE =
      List.of("tidemill.model", "tidemill.version", "tidemill.digest");

  private static final String UNKNOWN_CAUSE = "unknown";

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final DemoTopics topics;
  private final Ledger ledger;
  private final Tally tally;
  private final GenericDatumReader<GenericRecord> reader;
  private @Nullable BinaryDecoder decoder;
  private @Nullable GenericRecord reused;

  /**
   * Opens a consumer at the beginning of both topics.
   *
   * @throws KafkaException if the broker or a topic is not there
   */
  Readback(String bootstrapServers, DemoTopics topics, Ledger ledger, Tally tally) {
    this.topics = topics;
    this.ledger = ledger;
    this.tally = tally;
    reader = new GenericDatumReader<>(topics.predictionSchema());
    consumer =
        new KafkaConsumer<>(
            options(bootstrapServers), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      List<TopicPartition> partitions =
          Stream.of(topics.predictions(), topics.deadLetters())
              .flatMap(topic -> consumer.partitionsFor(topic).stream())
              .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  /**
   * Reads on until the ends that the topics' committed parts have at the time of the call. Records
   * committed meanwhile may or may not be read; a later call reads them.
   *
   * @return how many transactions have an outcome by now
   */
  int readCommitted() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      consumer.poll(POLL).forEach(this::count);
    }
    return tally.withOutcome();
  }

  @Override
  public void close() {
    consumer.close();
  }

  private void count(ConsumerRecord<byte[], byte[]> message) {
    if (message.topic().equals(topics.predictions())) {
      GenericRecord prediction = decode(message);
      tally.prediction(
          numberOf(prediction),
          score(prediction),
          message.timestamp(),
          PROVENANCE.stream().allMatch(name -> message.headers().lastHeader(name) != null));
    } else {
      tally.deadLetter(originOf(message.headers()), causeOf(message.headers()));
    }
  }

  private GenericRecord decode(ConsumerRecord<byte[], byte[]> message) {
    try {
      decoder = DecoderFactory.get().binaryDecoder(message.value(), decoder);
      reused = reader.read(reused, decoder);
      return reused;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "prediction in %s-%d at offset %d does not decode"
              .formatted(message.topic(), message.partition(), message.offset()),
          e);
    }
  }

  private static int numberOf(GenericRecord prediction) {
    return prediction.get("transaction_id") instanceof CharSequence id
        ? Transaction.numberOf(id)
        : -1;
  }

  private float score(GenericRecord prediction) {
    return prediction.get(topics.scoreField()) instanceof Number score
        ? score.floatValue()
        : Float.NaN;
  }

  private int originOf(Headers headers) {
    String partition = text(headers, CONNECT + "partition");
    String offset = text(headers, CONNECT + "offset");
    if (partition == null || offset == null) {
      return -1;
    }
    return ledger.numberAt(Integer.parseInt(partition), Long.parseLong(offset));
  }

  private static String causeOf(Headers headers) {
    String cause = text(headers, CAUSE);
    if (cause != null) {
      return cause;
    }
    String exception = text(headers, CONNECT + "exception.class.name");
    return exception == null ? UNKNOWN_CAUSE : exception.substring(exception.lastIndexOf('.') + 1);
  }

  private static @Nullable String text(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  private static Map<String, Object> options(String bootstrapServers) {
    return Map.of(
        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
        bootstrapServers,
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        "read_committed",
        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
        false,
        ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
        10_000);
  }
}
