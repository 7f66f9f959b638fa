package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Turns a dead letter into a record of a topic that can be replayed: key, value and headers as they
 * came, then what happened under the header names of Kafka Connect. Not thread-safe.
 */
final class DeadLetterEncoder
    implements KafkaRecordSerializationSchema<RowData>, KafkaDatasetFacetProvider {
  private static final long serialVersionUID = 1L;

  private static final String PREFIX = "__connect.errors.";

  private final String topic;
  private final Header[] headers;

  DeadLetterEncoder(String topic, List<Header> headers) {
    this.topic = topic;
    this.headers = headers.toArray(Header[]::new);
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      RowData row, KafkaSinkContext context, @Nullable Long timestamp) {
    DeadLetterRecord deadLetter = DeadLetterRecord.fromRow(row);
    RecordHeaders all = new RecordHeaders();
    deadLetter.headers().forEach(header -> all.add(header.name(), header.value()));
    add(all, PREFIX + "topic", deadLetter.topic());
    add(all, PREFIX + "partition", deadLetter.partition());
    add(all, PREFIX + "offset", deadLetter.offset());
    add(all, PREFIX + "stage", deadLetter.stage());
    add(all, PREFIX + "exception.class.name", deadLetter.causeClass());
    add(all, PREFIX + "exception.message", deadLetter.message());
    deadLetter.context().forEach((name, value) -> add(all, name, value));
    for (Header header : headers) {
      all.add(header.name(), header.value());
    }
    Long original = deadLetter.timestamp();
    return new ProducerRecord<>(
        topic,
        null,
        original == null || original < 0 ? null : original,
        deadLetter.key(),
        deadLetter.value(),
        all);
  }

  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return KafkaRecordEncoder.facet(topic);
  }

  private static void add(RecordHeaders headers, String name, @Nullable Object value) {
    if (value != null) {
      headers.add(name, value.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
