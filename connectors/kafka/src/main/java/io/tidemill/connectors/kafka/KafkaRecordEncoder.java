package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.registry.RegistryDecoder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.ProjectedRowData;
import org.apache.flink.types.RowKind;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Turns a row into a record of a topic: key, headers and timestamp as they came, the chosen fields
 * as its value, and the sink's own headers after the record's. A DELETE row becomes a null value
 * with its own headers only, and counts in {@value #TOMBSTONES}. Not thread-safe.
 */
final class KafkaRecordEncoder
    implements KafkaRecordSerializationSchema<RowData>, KafkaDatasetFacetProvider {
  private static final long serialVersionUID = 1L;
  private static final String TOMBSTONES = "tombstones";
  private static final RecordHeader[] NONE = {};

  private final String topic;
  private final SerializationSchema<RowData> values;
  private final int[] positions;
  private final int originIndex;
  private final Header[] headers;
  private final RecordLimit limit;
  private final @Nullable UnwritableLetters letters;

  private transient @Nullable Counter tombstones;
  private transient @Nullable ProjectedRowData projected;
  // Kafka's own, which are the same for every record.
  private transient RecordHeader @Nullable [] written;

  /**
   * Makes an encoder for one topic.
   *
   * @param values encoder of the chosen fields
   * @param positions of the chosen fields in a row
   * @param originIndex position of the origin in a row, or -1
   */
  KafkaRecordEncoder(
      String topic,
      SerializationSchema<RowData> values,
      int[] positions,
      int originIndex,
      List<Header> headers,
      RecordLimit limit) {
    this(topic, values, positions.clone(), originIndex, headers, limit, null);
  }

  private KafkaRecordEncoder(
      String topic,
      SerializationSchema<RowData> values,
      int[] positions,
      int originIndex,
      List<Header> headers,
      RecordLimit limit,
      @Nullable UnwritableLetters letters) {
    this.topic = topic;
    this.values = values;
    this.positions = positions;
    this.originIndex = originIndex;
    this.headers = headers.toArray(Header[]::new);
    this.limit = limit;
    this.letters = letters;
  }

  /** Whether a row that cannot become a record becomes a dead letter; else it fails the job. */
  boolean hasLetters() {
    return letters != null;
  }

  /** The same, in which a row that cannot become a record becomes a dead letter. */
  KafkaRecordEncoder withLetters(UnwritableLetters letters) {
    return new KafkaRecordEncoder(
        topic, values, positions, originIndex, List.of(headers), limit, letters);
  }

  @Override
  public void open(SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext)
      throws Exception {
    values.open(context);
    limit.open();
    if (tombstones == null) {
      // Flink's sink opens its encoder twice, and of two metrics of one name it shows the first.
      tombstones = context.getMetricGroup().addGroup("tidemill").counter(TOMBSTONES);
    }
    if (letters != null) {
      letters.open(context, sinkContext);
    }
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      RowData row, KafkaSinkContext context, @Nullable Long timestamp) {
    Origin origin = Origin.of(row, originIndex);
    try {
      ProducerRecord<byte[], byte[]> record = record(row, origin, timestamp);
      if (record.value() == null && tombstones != null) {
        tombstones.inc();
      }
      return record;
    } catch (RecordFailureException e) {
      if (letters == null) {
        throw e;
      }
      return letters.letter(row, origin, e, context);
    }
  }

  private ProducerRecord<byte[], byte[]> record(
      RowData row, @Nullable Origin origin, @Nullable Long timestamp) {
    byte[] value = value(row, origin);
    String kind = value == null ? "tombstone" : "prediction";
    RecordHeaders all = headers(origin, value != null);
    byte[] key = origin == null ? null : origin.bytes(Origin.KEY);
    if (key == null && limit.needsKey()) {
      throw new RecordFailureException(
          "%s: its %s has no key, and topic '%s' is compacted (expected: records with keys, or cleanup.policy=delete)"
              .formatted(Origin.positionOf(origin), kind, topic),
          null);
    }
    Long time = kafkaTimestamp(timestamp, origin);
    if (time != null && !limit.takesTime(time)) {
      throw new RecordFailureException(
          "%s: its %s is of %s, and topic '%s' takes none so far from now (expected: a time within message.timestamp.after.max.ms and message.timestamp.before.max.ms of the topic)"
              .formatted(Origin.positionOf(origin), kind, Instant.ofEpochMilli(time), topic),
          null);
    }
    var record = new ProducerRecord<>(topic, null, time, key, value, all);
    int excess = limit.excess(record);
    if (excess > 0) {
      throw new RecordFailureException(
          "%s: its %s of %d bytes is larger than topic '%s' takes (expected: <= %d bytes; raise max.message.bytes of the topic%s)"
              .formatted(
                  Origin.positionOf(origin),
                  kind,
                  limit.bytes() + excess,
                  topic,
                  limit.bytes(),
                  value == null ? "" : ", or write fewer fields"),
          null);
    }
    return record;
  }

  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return letters == null ? facet(topic) : facet(topic, letters.topic());
  }

  /** Flink asks for the topics in order to find transactions that were left open. */
  static Optional<KafkaDatasetFacet> facet(String... topics) {
    return Optional.of(
        new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topics))));
  }

  /**
   * Those that came, and behind them the sink's own, unless it is a tombstone: no model made it.
   */
  private RecordHeaders headers(@Nullable Origin origin, boolean predicted) {
    RecordHeader[] own = predicted ? own() : NONE;
    if (origin == null || !origin.hasHeaders()) {
      return new RecordHeaders(own);
    }
    RecordHeaders all = new RecordHeaders();
    for (Header header : origin.headers()) {
      // It names the schema of the value that came, and this is another.
      if (!predicted || !header.name().equals(RegistryDecoder.HEADER)) {
        all.add(header.name(), header.value());
      }
    }
    for (RecordHeader header : own) {
      all.add(header);
    }
    return all;
  }

  private RecordHeader[] own() {
    RecordHeader[] own = written;
    if (own == null) {
      own = new RecordHeader[headers.length];
      for (int i = 0; i < own.length; i++) {
        own[i] = new RecordHeader(headers[i].name(), headers[i].value());
      }
      written = own;
    }
    return own;
  }

  private byte @Nullable [] value(RowData row, @Nullable Origin origin) {
    if (row.getRowKind() == RowKind.DELETE) {
      return null;
    }
    ProjectedRowData chosen = projected == null ? ProjectedRowData.from(positions) : projected;
    projected = chosen;
    try {
      return values.serialize(chosen.replaceRow(row));
    } catch (RuntimeException e) {
      throw new RecordFailureException(
          "%s: its prediction does not encode for topic '%s': %s (expected: what the sink's schema takes)"
              .formatted(Origin.positionOf(origin), topic, e.getMessage()),
          e);
    }
  }

  private static @Nullable Long kafkaTimestamp(@Nullable Long timestamp, @Nullable Origin origin) {
    Long found = timestamp == null && origin != null ? origin.timestamp() : timestamp;
    return found == null || found < 0 ? null : found;
  }
}
