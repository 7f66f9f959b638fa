package io.tidemill.benchmarks;

import io.tidemill.connectors.record.Header;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.formats.avro.AvroRowDataDeserializationSchema;
import org.apache.flink.formats.avro.AvroRowDataSerializationSchema;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What is written by hand where no model scores: Flink's own Avro rows from one topic to another,
 * exactly once.
 */
final class HandWrittenJob {
  private static final int TRANSACTION_MILLIS = 600_000;

  private HandWrittenJob() {}

  /** Runs the job: its name, the broker, both topics, and whether records get headers. */
  public static void main(String[] arguments) throws Exception {
    String name = arguments[0];
    String bootstrapServers = arguments[1];
    RowType rowType =
        (RowType)
            AvroSchemaConverter.convertToDataType(KafkaRecords.SCHEMA.toString()).getLogicalType();
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(KafkaJob.PARALLELISM);
    environment.enableCheckpointing(KafkaJob.CHECKPOINT_MILLIS);
    environment.getConfig().enableObjectReuse();
    KafkaSource<RowData> source =
        KafkaSource.<RowData>builder()
            .setBootstrapServers(bootstrapServers)
            .setTopics(arguments[2])
            .setGroupId(name)
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setBounded(OffsetsInitializer.latest())
            .setValueOnlyDeserializer(
                new AvroRowDataDeserializationSchema(rowType, InternalTypeInfo.of(rowType)))
            .build();
    SerializationSchema<RowData> values = new AvroRowDataSerializationSchema(rowType);
    KafkaSinkBuilder<RowData> sink =
        KafkaSink.<RowData>builder()
            .setBootstrapServers(bootstrapServers)
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionalIdPrefix(name)
            .setProperty("transaction.timeout.ms", Integer.toString(TRANSACTION_MILLIS));
    if (Boolean.parseBoolean(arguments[4])) {
      sink.setRecordSerializer(new WithHeaders(arguments[3], values));
    } else {
      sink.setRecordSerializer(
          KafkaRecordSerializationSchema.<RowData>builder()
              .setTopic(arguments[3])
              .setValueSerializationSchema(values)
              .build());
    }
    environment.fromSource(source, WatermarkStrategy.noWatermarks(), "source").sinkTo(sink.build());
    environment.execute(name);
    // Clients leave threads behind.
    System.exit(0);
  }

  /** As many and as long ones as say which model made a prediction. */
  private static final class WithHeaders
      implements KafkaRecordSerializationSchema<RowData>, Serializable {
    private static final List<Header> HEADERS =
        List.of(
            Header.of("tidemill.step", "score"),
            Header.of("tidemill.model", KafkaComparison.MODEL),
            Header.of("tidemill.version", "1.0.0"),
            Header.of("tidemill.digest", "sha256:" + "0".repeat(64)));

    private final String topic;
    private final SerializationSchema<RowData> values;

    WithHeaders(String topic, SerializationSchema<RowData> values) {
      this.topic = topic;
      this.values = values;
    }

    @Override
    public void open(
        SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext)
        throws Exception {
      values.open(context);
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
        RowData row, KafkaSinkContext context, @Nullable Long timestamp) {
      RecordHeaders headers = new RecordHeaders();
      for (Header header : HEADERS) {
        headers.add(header.name(), header.value());
      }
      return new ProducerRecord<>(topic, null, timestamp, null, values.serialize(row), headers);
    }
  }
}
