package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.RecordFailureException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Turns a dead letter into a record of a topic that can be replayed: key, value and headers as they
 * came, then what happened under the header names of Kafka Connect. {@link DeadLetterDecoder} reads
 * it. Not thread-safe.
 */
final class DeadLetterEncoder
    implements KafkaRecordSerializationSchema<RowData>, KafkaDatasetFacetProvider {
  private static final long serialVersionUID = 1L;

  /** Tells how many bytes the value of a letter had that was cut. */
  static final String VALUE_BYTES = "tidemill.value-bytes";

  /** Tells how many of its own headers such a letter lacks. */
  static final String HEADERS_LEFT_OUT = "tidemill.headers-left-out";

  /** Tells how many bytes a key had that was cut. */
  static final String KEY_BYTES = "tidemill.key-bytes";

  /** Tells the time of a record where the dead letters' topic does not take it. */
  static final String TIMESTAMP = "tidemill.timestamp";

  private final String topic;
  private final Header[] headers;
  private final RecordLimit limit;
  private final Oversized oversized;

  DeadLetterEncoder(String topic, List<Header> headers, RecordLimit limit, Oversized oversized) {
    this.topic = topic;
    this.headers = headers.toArray(Header[]::new);
    this.limit = limit;
    this.oversized = oversized;
  }

  String topic() {
    return topic;
  }

  @Override
  public void open(
      SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext) {
    limit.open();
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      RowData row, KafkaSinkContext context, @Nullable Long timestamp) {
    DeadLetterRecord deadLetter = DeadLetterRecord.fromRow(row);
    ProducerRecord<byte[], byte[]> whole = record(deadLetter, deadLetter.headers());
    return limit.excess(whole) > 0 ? cut(whole, deadLetter) : whole;
  }

  private ProducerRecord<byte[], byte[]> record(DeadLetterRecord deadLetter, List<Header> own) {
    RecordHeaders all = new RecordHeaders();
    own.forEach(header -> all.add(header.name(), header.value()));
    add(all, DeadLetterHeader.TOPIC.text(), deadLetter.topic());
    add(all, DeadLetterHeader.PARTITION.text(), deadLetter.partition());
    add(all, DeadLetterHeader.OFFSET.text(), deadLetter.offset());
    add(all, DeadLetterHeader.STAGE.text(), deadLetter.stage());
    add(all, DeadLetterHeader.CAUSE.text(), deadLetter.causeClass());
    add(all, DeadLetterHeader.MESSAGE.text(), deadLetter.message());
    deadLetter.context().forEach((name, value) -> add(all, name, value));
    for (Header header : headers) {
      all.add(header.name(), header.value());
    }
    Long original = deadLetter.timestamp();
    boolean taken = limit.takesTime(original);
    if (!taken) {
      add(all, TIMESTAMP, original);
    }
    return new ProducerRecord<>(
        topic,
        null,
        original == null || original < 0 || !taken ? null : original,
        deadLetter.key(),
        deadLetter.value(),
        all);
  }

  /** Its value is cut; where that is not enough, its own headers go, and then its key is cut. */
  private ProducerRecord<byte[], byte[]> cut(
      ProducerRecord<byte[], byte[]> whole, DeadLetterRecord deadLetter) {
    if (oversized == Oversized.FAIL) {
      throw tooLarge(
          whole, deadLetter, ", or set " + SinkSettings.OVERSIZED.key() + " to truncate");
    }
    byte[] key = whole.key();
    byte[] value = whole.value();
    ProducerRecord<byte[], byte[]> kept = whole;
    add(kept.headers(), VALUE_BYTES, length(value));
    if (limit.excess(kept) > length(value)) {
      kept = record(deadLetter, List.of());
      add(kept.headers(), VALUE_BYTES, length(value));
      add(kept.headers(), HEADERS_LEFT_OUT, deadLetter.headers().size());
    }
    int excess = limit.excess(kept) - length(value);
    if (excess > 0) {
      add(kept.headers(), KEY_BYTES, length(key));
      excess = limit.excess(kept) - length(value);
      if (excess > length(key)) {
        throw tooLarge(whole, deadLetter, "");
      }
      key = Arrays.copyOf(key, length(key) - excess);
    }
    int left = Math.max(0, length(value) - Math.max(0, limit.excess(kept)));
    return new ProducerRecord<>(
        topic,
        null,
        kept.timestamp(),
        key,
        value == null ? null : Arrays.copyOf(value, left),
        kept.headers());
  }

  private RecordFailureException tooLarge(
      ProducerRecord<byte[], byte[]> whole, DeadLetterRecord deadLetter, String otherRemedy) {
    return new RecordFailureException(
        "%s-%s offset %s: its dead letter of %d bytes is larger than topic '%s' takes (expected: <= %d bytes; raise max.message.bytes of the topic%s)"
            .formatted(
                deadLetter.topic(),
                deadLetter.partition(),
                deadLetter.offset(),
                limit.bytes() + limit.excess(whole),
                topic,
                limit.bytes(),
                otherRemedy),
        null);
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return KafkaRecordEncoder.facet(topic);
  }

  private static void add(Headers headers, String name, @Nullable Object value) {
    if (value != null) {
      headers.add(name, value.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
