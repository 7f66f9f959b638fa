package io.tidemill.pipelines.demo;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes transactions to a topic, as fast as the broker takes them or at a steady rate.
 *
 * <p>Immutable and so safe for use by several threads; each call has its own producer.
 */
final class TransactionWriter {
  /** Each record carries it, so that one can see headers pass through the job. */
  static final String SOURCE_HEADER = "source";

  /** As many a second as the broker takes. */
  static final int FULL_SPEED = 0;

  private static final int PROGRESS_INTERVAL = 1_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long SHORTEST_PAUSE_NANOS = 1_000_000;
  private static final List<Header> HEADERS =
      List.of(new RecordHeader(SOURCE_HEADER, "demo".getBytes(StandardCharsets.UTF_8)));

  private final String bootstrapServers;
  private final String topic;
  private final Schema schema;
  private final Transactions transactions;
  private final Ledger ledger;

  /**
   * @param ledger learns where each transaction lies
   */
  TransactionWriter(
      String bootstrapServers,
      String topic,
      Schema schema,
      Transactions transactions,
      Ledger ledger) {
    this.bootstrapServers = bootstrapServers;
    this.topic = topic;
    this.schema = schema;
    this.transactions = transactions;
    this.ledger = ledger;
  }

  /**
   * Writes transactions by their numbers. Blocks until the broker has all of them.
   *
   * @param from the first number
   * @param to the number after the last
   * @param perSecond how many a second, or {@link #FULL_SPEED}
   * @param written is told now and then how many have been handed over
   * @throws KafkaException if one of them was not written
   */
  void write(int from, int to, int perSecond, IntConsumer written) {
    TransactionEncoder encoder = new TransactionEncoder(schema);
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            options(perSecond), new ByteArraySerializer(), new ByteArraySerializer())) {
      long beginNanos = System.nanoTime();
      for (int number = from; number < to && failure.get() == null; number++) {
        int done = number - from;
        if (done % PROGRESS_INTERVAL == 0) {
          written.accept(done);
        }
        if (perSecond != FULL_SPEED) {
          awaitNanos(beginNanos + done * NANOS_PER_SECOND / perSecond);
        }
        Transaction transaction = transactions.at(number);
        // The callback learns all that the future would tell.
        Future<RecordMetadata> unused =
            producer.send(
                new ProducerRecord<>(
                    topic,
                    null,
                    TransactionEncoder.key(transaction),
                    encoder.value(transaction),
                    HEADERS),
                (place, exception) -> {
                  if (exception != null) {
                    failure.compareAndSet(null, exception);
                  } else {
                    ledger.appended(
                        transaction.number(), place.partition(), place.offset(), place.timestamp());
                  }
                });
      }
      producer.flush();
    }
    if (failure.get() != null) {
      throw new KafkaException(
          "topic %s at %s: a transaction was not written".formatted(topic, bootstrapServers),
          failure.get());
    }
    written.accept(to - from);
  }

  private static void awaitNanos(long atNanos) {
    long nanos = atNanos - System.nanoTime();
    if (nanos > SHORTEST_PAUSE_NANOS) {
      LockSupport.parkNanos(nanos);
    }
  }

  private Map<String, Object> options(int perSecond) {
    return Map.of(
        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
        bootstrapServers,
        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
        true,
        ProducerConfig.BATCH_SIZE_CONFIG,
        256 * 1024,
        ProducerConfig.LINGER_MS_CONFIG,
        perSecond == FULL_SPEED ? 5 : 0);
  }
}
