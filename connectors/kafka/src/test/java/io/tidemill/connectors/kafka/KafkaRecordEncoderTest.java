package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.Standalone;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.UserCodeClassLoader;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KafkaRecordEncoderTest {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("score", "FLOAT")));

  @Test
  void numberThatJsonLacksFailsTheJobAndSaysWhere() throws Exception {
    assertThatThrownBy(() -> encode(Map.of(), row(RowKind.INSERT, Float.NaN)))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith(
            "in-2 offset 7: its prediction does not encode for topic 'out': field 'score' is NaN");
    assertThat(value(Map.of("json.non-finite", "null"), Float.NaN)).isEqualTo("{\"score\":null}");
    assertThat(value(Map.of("json.non-finite", "text"), Float.NaN))
        .isEqualTo("{\"score\":\"NaN\"}");
    assertThat(value(Map.of(), 1.5f)).isEqualTo("{\"score\":1.5}");
  }

  @Test
  void schemaOfTheValueThatCameIsNotPassedOn() throws Exception {
    assertThat(headers(encode(Map.of(), row(RowKind.INSERT, 1f))))
        .containsExactly("trace", "tidemill.model");
  }

  @Test
  void tombstoneHasItsOwnHeadersOnly() throws Exception {
    assertThat(headers(encode(Map.of(), row(RowKind.DELETE, null))))
        .containsExactly("trace", "__value_schema_id");
  }

  @Test
  void tombstonesThatAreWrittenAreCounted() throws Exception {
    Map<String, Counter> counters = new HashMap<>();
    KafkaRecordEncoder encoder = encoder(Map.of("properties.bootstrap.servers", "::"), 1 << 20);
    MetricGroup metrics =
        new UnregisteredMetricsGroup() {
          @Override
          public MetricGroup addGroup(String name) {
            return this;
          }

          @Override
          public Counter counter(String name) {
            return counters.computeIfAbsent(name, unused -> new SimpleCounter());
          }
        };

    encoder.open(new Counting(metrics), new OneWriter());
    serialize(encoder, row(RowKind.DELETE, null));
    serialize(encoder, row(RowKind.INSERT, 1f));

    assertThat(counters.get("tombstones")).extracting(Counter::getCount).isEqualTo(1L);
  }

  @Test
  void headerThatAnInterceptorAddsIsOfItsRecordOnly() throws Exception {
    KafkaRecordEncoder encoder = encoder(Map.of());
    RowData row = GenericRowData.of(1f, null);

    serialize(encoder, row).headers().add("audit", new byte[0]);

    assertThat(headers(serialize(encoder, row))).containsExactly("tidemill.model");
  }

  @Test
  void numberThatJsonLacksIsADeadLetterWhereThereIsASinkForIt() throws Exception {
    KafkaRecordEncoder encoder = encoderWithLetters(1 << 20);

    ProducerRecord<byte[], byte[]> letter = serialize(encoder, row(RowKind.INSERT, Float.NaN));
    assertThat(letter.topic()).isEqualTo("dead");
    assertThat(letter.value()).asString(UTF_8).isEqualTo("{\"score\":\"NaN\"}");
    assertThat(headers(letter))
        .contains("trace", "__connect.errors.offset", "tidemill.cause", "tidemill.model");
    assertThat(serialize(encoder, row(RowKind.INSERT, 1f)).topic()).isEqualTo("out");
  }

  @Test
  void letterOfATombstoneIsATombstoneThatNoModelMade() throws Exception {
    RowData large = row(RowKind.DELETE, null);

    ProducerRecord<byte[], byte[]> letter = serialize(encoderWithLetters(20), large);

    assertThat(letter.topic()).isEqualTo("dead");
    assertThat(letter.value()).isNull();
    assertThat(headers(letter)).contains("tidemill.cause").doesNotContain("tidemill.model");
    assertThatThrownBy(() -> serialize(encoder(Map.of(), 20), large))
        .hasMessageStartingWith("in-2 offset 7: its tombstone of 1");
  }

  @Test
  void recordOfAFileIsNamedByFileAndPlace() {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    assertThatThrownBy(() -> encode(Map.of(), GenericRowData.of(Float.NaN, origin)))
        .hasMessageStartingWith("a record: its prediction");

    origin.setField(Origin.TOPIC, StringData.fromString("file:/in/day.json"));
    origin.setField(Origin.OFFSET, 42L);
    assertThatThrownBy(() -> encode(Map.of(), GenericRowData.of(Float.NaN, origin)))
        .hasMessageStartingWith("file:/in/day.json/42: its prediction");
  }

  private static KafkaRecordEncoder encoderWithLetters(int largest) throws Exception {
    KafkaOptions kafka =
        new KafkaOptions(
            new ConnectorOptions(
                "sink", Map.of("connector", "kafka", "properties.bootstrap.servers", "::")));
    return encoder(Map.of(), largest)
        .withLetters(
            new UnwritableLetters(
                new DeadLetterEncoder(
                    "dead",
                    List.of(Header.of("tidemill.job", "job")),
                    new RecordLimit(new Broker(kafka), "dead", 1 << 20),
                    Oversized.TRUNCATE),
                Origin.appendTo(SCHEMA.rowType()),
                List.of(Header.of("tidemill.model", "fraud"))));
  }

  private static String value(Map<String, String> options, float score) throws Exception {
    return new String(encode(options, row(RowKind.INSERT, score)).value(), UTF_8);
  }

  private static ProducerRecord<byte[], byte[]> encode(Map<String, String> more, RowData row)
      throws Exception {
    return serialize(encoder(more), row);
  }

  private static ProducerRecord<byte[], byte[]> serialize(KafkaRecordEncoder encoder, RowData row) {
    return requireNonNull(encoder.serialize(row, new OneWriter(), null));
  }

  private static KafkaRecordEncoder encoder(Map<String, String> more) throws Exception {
    return encoder(more, 1 << 20);
  }

  private static KafkaRecordEncoder encoder(Map<String, String> more, int largest)
      throws Exception {
    Map<String, String> values = new LinkedHashMap<>(more);
    values.put("format", "json");
    values.putIfAbsent("properties.bootstrap.servers", "localhost:1");
    ConnectorOptions options = new ConnectorOptions("sink", values);
    OptionCheck check = new OptionCheck(options);
    SerializationSchema<RowData> json =
        ValueFormat.find(SerializationFormatFactory.class, check)
            .flatMap(format -> format.encoder(SCHEMA, "out"))
            .orElseThrow(check::failure);
    json.open(new Standalone());
    return new KafkaRecordEncoder(
        "out",
        json,
        new int[] {0},
        1,
        List.of(Header.of("tidemill.model", "fraud")),
        new RecordLimit(new Broker(new KafkaOptions(options)), "out", largest));
  }

  private static RowData row(RowKind kind, @Nullable Float score) {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.TOPIC, StringData.fromString("in"));
    origin.setField(Origin.PARTITION, 2);
    origin.setField(Origin.OFFSET, 7L);
    origin.setField(
        Origin.HEADERS,
        Origin.writeHeaders(List.of(Header.of("trace", "t"), Header.of("__value_schema_id", "x"))));
    return GenericRowData.ofKind(kind, score, origin);
  }

  private static List<String> headers(ProducerRecord<byte[], byte[]> record) {
    List<String> names = new ArrayList<>();
    record.headers().forEach(header -> names.add(header.key()));
    return names;
  }

  /** What an encoder is opened with that counts. */
  record Counting(MetricGroup getMetricGroup) implements SerializationSchema.InitializationContext {
    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
      return new Standalone().getUserCodeClassLoader();
    }
  }

  /** A sink of one subtask. */
  record OneWriter() implements KafkaRecordSerializationSchema.KafkaSinkContext {
    @Override
    public int getParallelInstanceId() {
      return 0;
    }

    @Override
    public int getNumberOfParallelInstances() {
      return 1;
    }

    @Override
    public int[] getPartitionsForTopic(String topic) {
      return new int[] {0};
    }
  }
}
