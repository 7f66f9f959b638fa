package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.ValueDecoder;
import io.tidemill.connectors.registry.RegistryDecoder;
import io.tidemill.connectors.registry.RegistryException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * Turns a record of a topic into a row of value fields and origin.
 *
 * <p>A null value becomes a DELETE row without values. Bytes that do not decode become a row
 * without values whose origin holds the error. Every row is a new object. Not thread-safe.
 */
final class KafkaRecordDecoder implements KafkaRecordDeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final ValueDecoder decoder;
  private final boolean registry;
  private final RecordMetadata[] metadata;
  private final RowType rowType;
  private final boolean deadLetters;

  private transient @Nullable Map<String, StringData> topics;
  private transient @Nullable String lastTopic;
  private transient @Nullable StringData lastTopicText;

  /**
   * Serializes {@code decoder} at once.
   *
   * @param decoder of the values
   * @param values the type of the rows that it makes
   * @param metadata columns behind the values, by name
   * @param deadLetters whether rows keep their original bytes and undecodable ones are emitted;
   *     otherwise those throw
   */
  KafkaRecordDecoder(
      DeserializationSchema<RowData> decoder,
      RowType values,
      Map<String, RecordMetadata> metadata,
      boolean deadLetters)
      throws IOException {
    this.registry = decoder instanceof RegistryDecoder;
    this.decoder = new ValueDecoder(decoder, values, registry);
    this.metadata = metadata.values().toArray(RecordMetadata[]::new);
    List<RowType.RowField> fields = new ArrayList<>(values.getFields());
    metadata.forEach((column, kind) -> fields.add(kind.field(column)));
    this.rowType = Origin.appendTo(new RowType(false, fields));
    this.deadLetters = deadLetters;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    decoder.open(context);
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<RowData> out)
      throws IOException {
    byte @Nullable [] value = record.value();
    if (value == null) {
      out.collect(row(RowKind.DELETE, null, record, null));
      return;
    }
    List<RowData> rows;
    try {
      rows = decoder.decode(registry ? named(record, value) : value);
    } catch (IOException | RuntimeException e) {
      refuse(record, e, out);
      return;
    }
    for (RowData row : rows) {
      out.collect(row(row.getRowKind(), row, record, null));
    }
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rowType);
  }

  private void refuse(
      ConsumerRecord<byte[], byte[]> record, Exception failure, Collector<RowData> out)
      throws IOException {
    String place = record.topic() + "-" + record.partition() + " offset " + record.offset();
    DecodeFailure why = DecodeFailure.of(failure);
    if (isOutside(failure)) {
      throw new IOException(
          place + ": the value does not decode, and not for its own sake: " + why.message(),
          failure);
    }
    if (!deadLetters) {
      throw new RecordFailureException(
          place
              + ": the value does not decode: "
              + why.message()
              + "; give the job a dead-letter sink to set such records aside",
          failure);
    }
    out.collect(row(RowKind.INSERT, null, record, why));
  }

  /**
   * Whether the failure says nothing about the bytes: a schema registry that does not answer would
   * turn every record into a dead letter.
   */
  private static boolean isOutside(Throwable failure) {
    return ExceptionUtils.findThrowable(
            failure,
            cause ->
                cause instanceof SocketException
                    || cause instanceof SocketTimeoutException
                    || cause instanceof UnknownHostException
                    || cause instanceof SSLException
                    || cause instanceof RegistryException)
        .isPresent();
  }

  /** The value behind the name of its schema, which may stand in a header. */
  private static byte[] named(ConsumerRecord<byte[], byte[]> record, byte[] value) {
    var name = record.headers().lastHeader(RegistryDecoder.HEADER);
    return name == null || name.value() == null
        ? value
        : ByteBuffer.allocate(name.value().length + value.length)
            .put(name.value())
            .put(value)
            .array();
  }

  private GenericRowData row(
      RowKind kind,
      @Nullable RowData decoded,
      ConsumerRecord<byte[], byte[]> record,
      @Nullable DecodeFailure failure) {
    int count = decoder.fieldCount();
    GenericRowData row = new GenericRowData(kind, count + metadata.length + 1);
    if (decoded != null) {
      for (int i = 0; i < count; i++) {
        row.setField(i, decoder.field(decoded, i));
      }
    }
    for (RecordMetadata column : metadata) {
      row.setField(count++, column.of(record));
    }
    row.setField(count, origin(record, failure));
    return row;
  }

  private GenericRowData origin(
      ConsumerRecord<byte[], byte[]> record, @Nullable DecodeFailure failure) {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.KEY, record.key());
    origin.setField(Origin.HEADERS, headers(record));
    origin.setField(Origin.TOPIC, topic(record.topic()));
    origin.setField(Origin.PARTITION, record.partition());
    origin.setField(Origin.OFFSET, record.offset());
    if (record.timestampType() != TimestampType.NO_TIMESTAMP_TYPE) {
      origin.setField(Origin.TIMESTAMP, record.timestamp());
    }
    if (deadLetters) {
      origin.setField(Origin.VALUE, record.value());
    }
    if (failure != null) {
      failure.writeTo(origin);
    }
    return origin;
  }

  private static @Nullable ArrayData headers(ConsumerRecord<byte[], byte[]> record) {
    var came = record.headers().toArray();
    if (came.length == 0) {
      return null;
    }
    List<Header> headers = new ArrayList<>(came.length);
    for (var header : came) {
      headers.add(new Header(header.key(), header.value()));
    }
    return Origin.writeHeaders(headers);
  }

  @SuppressWarnings("ReferenceEquality") // The client hands on one object per partition.
  private StringData topic(String name) {
    StringData last = lastTopicText;
    if (last == null || name != lastTopic) {
      last = known(name);
      lastTopic = name;
      lastTopicText = last;
    }
    return last;
  }

  private StringData known(String name) {
    Map<String, StringData> known = topics == null ? new HashMap<>() : topics;
    topics = known;
    return known.computeIfAbsent(
        name,
        key -> {
          BinaryStringData text = BinaryStringData.fromString(key);
          // Rows travel to other threads, and a string that is still lazy changes when it is read.
          text.ensureMaterialized();
          return text;
        });
  }
}
