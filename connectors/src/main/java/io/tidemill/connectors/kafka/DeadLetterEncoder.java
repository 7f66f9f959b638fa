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

  /** Tells how many bytes a value had that was cut. */
  static final String TRUNCATED = "tidemill.value-bytes";

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

  @Override
  public void open(
      SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext) {
    limit.open();
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      RowData row, KafkaSinkContext context, @Nullable Long timestamp) {
    DeadLetterRecord deadLetter = DeadLetterRecord.fromRow(row);
    RecordHeaders all = new RecordHeaders();
    deadLetter.headers().forEach(header -> all.add(header.name(), header.value()));
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
    var whole =
        new ProducerRecord<>(
            topic,
            null,
            original == null || original < 0 ? null : original,
            deadLetter.key(),
            deadLetter.value(),
            all);
    return limit.excess(whole) > 0 ? truncated(whole, deadLetter) : whole;
  }

  private ProducerRecord<byte[], byte[]> truncated(
      ProducerRecord<byte[], byte[]> whole, DeadLetterRecord deadLetter) {
    byte[] value = whole.value() == null ? new byte[0] : whole.value();
    add(whole.headers(), TRUNCATED, value.length);
    int left = value.length - limit.excess(whole);
    if (oversized == Oversized.FAIL || left < 0) {
      throw new RecordFailureException(
          "%s-%s offset %s: its dead letter of %d bytes is larger than topic '%s' takes (expected: <= %d bytes; raise max.message.bytes of the topic%s)"
              .formatted(
                  deadLetter.topic(),
                  deadLetter.partition(),
                  deadLetter.offset(),
                  limit.bytes() + limit.excess(whole),
                  topic,
                  limit.bytes(),
                  left < 0 ? "" : ", or set " + SinkSettings.OVERSIZED.key() + " to truncate"),
          null);
    }
    return new ProducerRecord<>(
        topic, null, whole.timestamp(), whole.key(), Arrays.copyOf(value, left), whole.headers());
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
