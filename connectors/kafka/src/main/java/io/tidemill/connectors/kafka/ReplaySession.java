package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterReplay;
import io.tidemill.connectors.record.DeadLetterReplay.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A replay that goes on. What it takes waits here until it is worth a transaction: readers of
 * committed records wait for an open one, and the broker ends one that is open for long, as while
 * the next letter is looked for. Not thread-safe.
 */
final class ReplaySession implements DeadLetterReplay.Session {
  /** What is taken before it is sent and committed. */
  static final long TRANSACTION_BYTES = 8 << 20;

  /** What a record adds to the work beside its bytes. */
  private static final int RECORD_BYTES = 1 << 10;

  /** After this the broker aborts what a dead replay has left, and its readers go on. */
  private static final int TRANSACTION_MILLIS = 60_000;

  private static final Duration CLOSE = Duration.ofSeconds(10);

  /** Not null: that would take the mark away. */
  private static final byte[] MARK = new byte[0];

  private final KafkaOptions options;
  private final String job;
  private final String marksTopic;
  private final long transactionBytes;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Map<String, RecordLimit> limits = new HashMap<>();
  private final List<ProducerRecord<byte[], byte[]>> taken = new ArrayList<>();
  private ReplayMarks marks = new ReplayMarks(ReplayScope.NOTHING);
  private long bytes;
  private long committed;

  ReplaySession(KafkaOptions options, String job, String marksTopic, long transactionBytes) {
    this.options = options;
    this.job = job;
    this.marksTopic = marksTopic;
    this.transactionBytes = transactionBytes;
    Map<String, Object> properties = options.properties(ProducerConfig.configNames());
    // Of a consumer, as these are those of a source.
    properties.remove(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, job + "-replay");
    properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_MILLIS);
    properties.put(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, SinkSettings.LARGEST_REQUEST.defaultValue());
    producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Ends every other replay of the job, then reads what they marked. */
  void begin(ReplayScope scope) throws IOException {
    attempt(
        () -> {
          producer.initTransactions();
          // Waits until the broker knows the topic, which may be new.
          producer.partitionsFor(marksTopic);
          marks = ReplayMarks.read(options, marksTopic, scope);
        });
  }

  @Override
  public Verdict take(DeadLetterRecord letter) throws IOException {
    Verdict verdict = marks.take(letter);
    if (verdict == Verdict.REPLAYED) {
      ProducerRecord<byte[], byte[]> record = record(letter);
      taken.add(record);
      taken.add(new ProducerRecord<>(marksTopic, ReplayMarks.of(letter).getBytes(UTF_8), MARK));
      bytes += RECORD_BYTES + (record.value() == null ? 0 : record.value().length);
      if (bytes >= transactionBytes) {
        finish();
      }
    }
    return verdict;
  }

  /** The record of a letter, in arrays of its own: a letter lives only until the next is read. */
  private static ProducerRecord<byte[], byte[]> record(DeadLetterRecord letter) {
    RecordHeaders headers = new RecordHeaders();
    letter.headers().forEach(header -> headers.add(header.name(), header.value()));
    byte[] key = letter.key();
    byte[] value = letter.value();
    Long time = letter.timestamp();
    return new ProducerRecord<>(
        Objects.requireNonNull(letter.topic()),
        letter.partition(),
        time == null || time < 0 ? null : time,
        key == null ? null : key.clone(),
        value == null ? null : value.clone(),
        headers);
  }

  /** Null, for the broker's own, where the topic takes this time no more, or soon no more. */
  private @Nullable Long time(String topic, @Nullable Long timestamp) {
    if (timestamp == null) {
      return null;
    }
    RecordLimit limit = limits.computeIfAbsent(topic, this::limit);
    // It is with the broker before the transaction's end.
    return limit.takesTime(timestamp) && limit.takesTime(timestamp - TRANSACTION_MILLIS)
        ? timestamp
        : null;
  }

  private RecordLimit limit(String topic) {
    RecordLimit limit =
        new RecordLimit(new Broker(options), topic, SinkSettings.LARGEST_REQUEST.defaultValue());
    limit.open();
    return limit;
  }

  private void commit() {
    producer.beginTransaction();
    for (ProducerRecord<byte[], byte[]> record : taken) {
      // What fails here fails the commit.
      var unused = producer.send(placed(record));
    }
    producer.commitTransaction();
    committed += taken.size() / 2;
    taken.clear();
    bytes = 0;
  }

  /**
   * The record in its partition, at its time; what is not there any more, or not taken any more, is
   * left to Kafka.
   */
  private ProducerRecord<byte[], byte[]> placed(ProducerRecord<byte[], byte[]> record) {
    Integer partition = record.partition();
    boolean there = partition == null || partition < producer.partitionsFor(record.topic()).size();
    return new ProducerRecord<>(
        record.topic(),
        there ? partition : null,
        time(record.topic(), record.timestamp()),
        record.key(),
        record.value(),
        record.headers());
  }

  @Override
  public void finish() throws IOException {
    if (!taken.isEmpty()) {
      attempt(this::commit);
    }
  }

  /** Also aborts what is open. */
  @Override
  public void close() {
    producer.close(CLOSE);
  }

  private void attempt(Step step) throws IOException {
    try {
      step.run();
    } catch (KafkaException e) {
      boolean ended =
          ExceptionUtils.findThrowable(e, ProducerFencedException.class).isPresent()
              || ExceptionUtils.findThrowable(e, InvalidProducerEpochException.class).isPresent();
      throw new IOException(
          "the replay of job '%s' has ended with %d records written back: %s (expected: %s; run it again, and none is written back twice)"
              .formatted(
                  job,
                  committed,
                  ended ? "another one has begun" : RootCause.of(e).message(),
                  ended ? "one at a time" : "a broker that takes them"),
          e);
    }
  }
}
