package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RowJson;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema.KafkaSinkContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters of predictions that do not encode, or that their topic does not take. They are
 * written where such a prediction would be, by the same producer: a sink has no second output, and
 * the letter is committed with its neighbours. Not thread-safe.
 */
final class UnwritableLetters implements Serializable {
  private static final long serialVersionUID = 1L;

  private final DeadLetterEncoder encoder;
  private final RowJson json;
  private final List<Header> provenance;

  private transient @Nullable Counter count;

  /**
   * Makes them for the rows of a sink.
   *
   * @param provenance what made the predictions
   */
  UnwritableLetters(DeadLetterEncoder encoder, RowType rows, List<Header> provenance) {
    this.encoder = encoder;
    this.json = new RowJson(rows);
    this.provenance = provenance;
  }

  String topic() {
    return encoder.topic();
  }

  void open(SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext) {
    encoder.open(context, sinkContext);
    if (count == null) {
      // Flink's sink opens its encoder twice, and of two metrics of one name it shows the first.
      count =
          context
              .getMetricGroup()
              .addGroup("tidemill")
              .addGroup("cause", DeadLetterRecord.UNWRITABLE)
              .counter("deadLetters");
    }
  }

  ProducerRecord<byte[], byte[]> letter(
      RowData row,
      @Nullable Origin origin,
      RecordFailureException unwritten,
      KafkaSinkContext context) {
    if (count != null) {
      count.inc();
    }
    DecodeFailure failure = DecodeFailure.of(unwritten);
    DeadLetterRecord letter =
        DeadLetterRecord.of(
            origin,
            DeadLetterRecord.STAGE_WRITE,
            failure.causeClass(),
            failure.message(),
            Map.of(DeadLetterRecord.COUNTED_CAUSE, DeadLetterRecord.UNWRITABLE));
    return encoder.serialize(
        (row.getRowKind() == RowKind.DELETE ? letter : ofPrediction(letter, row)).toRow(),
        context,
        null);
  }

  /** A tombstone has neither a value nor a model that made it. */
  private DeadLetterRecord ofPrediction(DeadLetterRecord letter, RowData row) {
    DeadLetterRecord made = letter.withContext(provenance);
    return made.value() == null ? made.withValue(json.encode(row)) : made;
  }
}
