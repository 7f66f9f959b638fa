package io.tidemill.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The records of the topic: two strings, a time and the floats of a small model. */
final class KafkaRecords {
  static final int FEATURES = 8;
  static final List<String> FEATURE_NAMES =
      IntStream.range(0, FEATURES).mapToObj(i -> "feature" + i).toList();
  static final Schema SCHEMA = schema();

  private static final long SEED = 42;
  private static final int BATCH_BYTES = 256 << 10;

  private KafkaRecords() {}

  private static Schema schema() {
    SchemaBuilder.FieldAssembler<Schema> fields =
        SchemaBuilder.record("Measurement")
            .fields()
            .requiredString("id")
            .requiredString("account")
            .requiredLong("time");
    for (String feature : FEATURE_NAMES) {
      fields = fields.requiredFloat(feature);
    }
    return fields.endRecord();
  }

  /** Writes so many with a key each, the same at every run. Blocks until all are there. */
  static void write(String bootstrapServers, String topic, int count) throws IOException {
    Random random = new Random(SEED);
    GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(SCHEMA);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    GenericRecord record = new GenericData.Record(SCHEMA);
    Map<String, Object> options =
        Map.of("bootstrap.servers", bootstrapServers, "batch.size", BATCH_BYTES, "linger.ms", 5);
    AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        String id = "record-" + i;
        record.put("id", id);
        record.put("account", "account-" + random.nextInt(100_000));
        record.put("time", 1_790_000_000_000L + i);
        for (String feature : FEATURE_NAMES) {
          record.put(feature, random.nextFloat());
        }
        bytes.reset();
        writer.write(record, encoder);
        Future<RecordMetadata> unused =
            producer.send(
                new ProducerRecord<>(topic, id.getBytes(UTF_8), bytes.toByteArray()),
                (written, failure) -> failed.compareAndSet(null, failure));
      }
    }
    Exception failure = failed.get();
    if (failure != null) {
      throw new IOException("topic '" + topic + "': not all records were written", failure);
    }
  }
}
