package io.tidemill.pipelines.demo;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
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
 * Writes transactions to a topic as fast as the broker takes them.
 *
 * <p>Immutable and so safe for use by several threads; each call has its own producer.
 */
final class TransactionWriter {
  /** Each record carries it, so that one can see headers pass through the job. */
  static final String SOURCE_HEADER = "source";

  private static final int PROGRESS_INTERVAL = 1_000;

  private final String bootstrapServers;
  private final Schema schema;
  private final Transactions transactions;

  TransactionWriter(String bootstrapServers, Schema schema, Transactions transactions) {
    this.bootstrapServers = bootstrapServers;
    this.schema = schema;
    this.transactions = transactions;
  }

  /**
   * Writes the first {@code records} transactions. Blocks until the broker has all of them.
   *
   * @param topic empty until now
   * @param written is told now and then how many have been handed over
   * @throws KafkaException if one of them was not written
   */
  Ledger write(String topic, int partitions, int records, IntConsumer written) {
    Ledger ledger = new Ledger(records, partitions);
    TransactionEncoder encoder = new TransactionEncoder(schema);
    List<Header> headers =
        List.of(new RecordHeader(SOURCE_HEADER, "demo".getBytes(StandardCharsets.UTF_8)));
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(options(), new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int number = 0; number < records && failure.get() == null; number++) {
        int current = number;
        Transaction transaction = transactions.at(number);
        byte[] key = TransactionEncoder.key(transaction);
        byte[] value = encoder.value(transaction);
        // The callback learns all that the future would tell.
        Future<RecordMetadata> unused =
            producer.send(
                new ProducerRecord<>(topic, null, key, value, headers),
                (place, exception) -> {
                  if (exception != null) {
                    failure.compareAndSet(null, exception);
                  } else {
                    ledger.appended(current, place.partition(), place.offset(), place.timestamp());
                  }
                });
        if (number % PROGRESS_INTERVAL == 0) {
          written.accept(number);
        }
      }
      producer.flush();
    }
    Exception cause = failure.get();
    if (cause != null) {
      throw new KafkaException(
          "topic " + topic + " at " + bootstrapServers + ": a transaction was not written", cause);
    }
    written.accept(records);
    return ledger;
  }

  private Map<String, Object> options() {
    Map<String, Object> options = new HashMap<>();
    options.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    options.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    options.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
    options.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    return options;
  }
}
