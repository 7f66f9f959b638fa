package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The broker, the writer and the reader, together and without a job between. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class DemoBrokerITCase {
  private static final int PARTITIONS = 3;
  private static final int RECORDS = 20_000;
  private static final Schema PREDICTION =
      SchemaBuilder.record("Prediction")
          .fields()
          .requiredString("transaction_id")
          .requiredFloat("fraud_score")
          .endRecord();

  @TempDir static Path temporary;
  private static DemoBroker broker;

  private final Transactions transactions = new Transactions(7);

  @BeforeAll
  static void start() {
    broker = new DemoBroker(temporary.resolve("broker"));
  }

  @AfterAll
  static void end() {
    broker.close();
  }

  @Test
  void listensOnLoopbackOnly() {
    assertThat(broker.bootstrapServers()).matches("127\\.0\\.0\\.1:\\d+");
  }

  @Test
  void refusesTopicThatExists() {
    broker.createTopics(1, "twice");

    assertThatThrownBy(() -> broker.createTopics(1, "twice"))
        .isInstanceOf(KafkaException.class)
        .hasMessage("topics [twice] were not created")
        .hasCauseInstanceOf(TopicExistsException.class);
  }

  @Test
  void refusesFolderThatIsFormattedAlready() {
    assertThatThrownBy(() -> new DemoBroker(temporary.resolve("broker")))
        .isInstanceOf(KafkaException.class)
        .hasMessageContaining("was not formatted (expected: an empty folder)");
  }

  @Test
  void committedOutcomesOfAllPartitionsAreCounted() throws IOException {
    Topics topics = new Topics("counted");
    Ledger ledger = topics.write();
    Tally tally = new Tally(ledger, transactions, 0);
    try (KafkaProducer<byte[], byte[]> producer = transactional("counted")) {
      producer.beginTransaction();
      for (int number = 0; number < RECORDS; number++) {
        send(producer, topics.outcome(ledger, number));
      }
      producer.commitTransaction();
    }

    try (Readback readback = topics.readback(ledger, tally)) {
      readUntil(RECORDS, readback);
    }

    Outcomes outcomes = tally.outcomes();
    assertThat(outcomes.exactlyOnce()).as("%s", outcomes).isTrue();
    assertThat(outcomes.predictions()).isEqualTo(RECORDS - 4);
    assertThat(outcomes.deadLetters()).isEqualTo(Map.of("EOFException", 2L, "null-input", 2L));
    assertThat(outcomes.withoutModel()).isZero();
    assertThat(outcomes.auc()).isEqualTo(1);
    assertThat(outcomes.p99Millis()).isBetween(0.0, 600_000.0);
  }

  @Test
  void outcomesOfAbortedAndOpenTransactionsAreNotSeen() throws IOException {
    Topics topics = new Topics("uncommitted");
    Ledger ledger = topics.write();
    Tally tally = new Tally(ledger, transactions, 0);
    try (KafkaProducer<byte[], byte[]> producer = transactional("uncommitted");
        Readback readback = topics.readback(ledger, tally)) {
      producer.beginTransaction();
      send(producer, topics.outcome(ledger, 0));
      producer.flush();
      producer.abortTransaction();
      producer.beginTransaction();
      send(producer, topics.outcome(ledger, 1));
      producer.commitTransaction();
      producer.beginTransaction();
      send(producer, topics.outcome(ledger, 2));
      producer.flush();

      readback.readCommitted();
      assertThat(tally.withOutcome()).isEqualTo(1);

      producer.commitTransaction();
      readUntil(2, readback);
      assertThat(tally.withOutcome()).isEqualTo(2);
    }
    assertThat(tally.outcomes().lost()).isEqualTo(RECORDS - 2);
  }

  /** The broker answers a commit before its marks are written. */
  private static void readUntil(int outcomes, Readback readback) {
    while (readback.readCommitted() < outcomes) {
      Thread.onSpinWait();
    }
  }

  private static KafkaProducer<byte[], byte[]> transactional(String id) {
    Map<String, Object> options = new HashMap<>();
    options.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
    options.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> message) {
    // A failure shows when the transaction commits.
    Future<RecordMetadata> unused = producer.send(message);
  }

  /** The three topics of one test. */
  private final class Topics {
    private final String source;
    private final String predictions;
    private final String deadLetters;
    private final GenericDatumWriter<GenericData.Record> writer =
        new GenericDatumWriter<>(PREDICTION);

    Topics(String name) {
      source = name + "-in";
      predictions = name + "-out";
      deadLetters = name + "-dead";
      broker.createTopics(PARTITIONS, source, predictions, deadLetters);
    }

    Ledger write() {
      Ledger ledger = new Ledger(RECORDS, PARTITIONS);
      TransactionWriter writer =
          new TransactionWriter(
              broker.bootstrapServers(), source, DemoSchema.transaction(), transactions, ledger);
      List<Integer> written = new ArrayList<>();
      int steady = RECORDS - 1_000;
      writer.write(0, steady, TransactionWriter.FULL_SPEED, written::add);
      writer.write(steady, RECORDS, 10_000, count -> {});
      assertThat(written).startsWith(0).endsWith(steady).isSorted();
      return ledger;
    }

    Readback readback(Ledger ledger, Tally tally) {
      return new Readback(
          broker.bootstrapServers(),
          new DemoTopics(source, predictions, deadLetters, PREDICTION, "fraud_score"),
          ledger,
          tally);
    }

    /** What a job would write for this transaction. */
    ProducerRecord<byte[], byte[]> outcome(Ledger ledger, int number) throws IOException {
      if (number % 10_000 == 17) {
        return deadLetter(
            ledger, number, "__connect.errors.exception.class.name", "java.io.EOFException");
      }
      if (number % 10_000 == 18) {
        return deadLetter(ledger, number, "tidemill.cause", "null-input");
      }
      GenericData.Record prediction = new GenericData.Record(PREDICTION);
      prediction.put("transaction_id", transactions.at(number).id());
      prediction.put("fraud_score", transactions.fraudAt(number) ? 0.9f : 0.1f);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      writer.write(prediction, encoder);
      encoder.flush();
      ProducerRecord<byte[], byte[]> message =
          new ProducerRecord<>(predictions, number % PARTITIONS, null, bytes.toByteArray());
      header(message, "tidemill.model", "fraud");
      header(message, "tidemill.version", "1.4.2");
      header(message, "tidemill.digest", "sha256:abc");
      return message;
    }

    private ProducerRecord<byte[], byte[]> deadLetter(
        Ledger ledger, int number, String causeHeader, String cause) {
      ProducerRecord<byte[], byte[]> message =
          new ProducerRecord<>(deadLetters, null, new byte[] {1});
      for (int partition = 0; partition < PARTITIONS; partition++) {
        for (int offset = 0; offset < RECORDS; offset++) {
          if (ledger.numberAt(partition, offset) == number) {
            header(message, "__connect.errors.partition", Integer.toString(partition));
            header(message, "__connect.errors.offset", Integer.toString(offset));
          }
        }
      }
      header(message, causeHeader, cause);
      return message;
    }

    private static void header(ProducerRecord<byte[], byte[]> message, String name, String value) {
      message.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }
  }
}
