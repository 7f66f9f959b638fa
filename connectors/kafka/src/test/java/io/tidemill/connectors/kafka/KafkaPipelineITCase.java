package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MiniClusterExtension.class)
class KafkaPipelineITCase {
  private static final String AVSC =
      """
      {"type":"record","name":"Payment","fields":[
        {"name":"id","type":"string"},
        {"name":"amount","type":"double"},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
        {"name":"day","type":["null",{"type":"int","logicalType":"date"}]},
        {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
        {"name":"ref","type":{"type":"string","logicalType":"uuid"}}]}
      """;

  private static final Instant AT = Instant.parse("2023-11-14T22:13:20.123456Z");
  private static final LocalDate DAY = LocalDate.parse("2023-11-14");
  private static final BigDecimal PRICE = new BigDecimal("-12.34");
  private static final String REF = "01234567-89ab-cdef-0123-456789abcdef";
  private static final int RECORDS = 400;
  private static final byte[] GARBAGE = "these bytes are no payment".getBytes(UTF_8);

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static EmbeddedKafka kafka;

  @BeforeAll
  static void startBroker() throws IOException {
    kafka = EmbeddedKafka.start();
  }

  @AfterAll
  static void stopBroker() {
    kafka.close();
  }

  @Test
  void everyRecordHasOneVisibleOutcomeThoughTheJobFailsOnce() throws Exception {
    kafka.createTopic("payments", 1);
    kafka.createTopic("scores", 1);
    kafka.createTopic("payments-dead", 1);
    kafka.send(payments());
    ConnectorOptions sourceOptions =
        options(
            "payments",
            Map.of(
                "format", "avro",
                "properties.bootstrap.servers", kafka.bootstrapServers(),
                "scan.startup.mode", "earliest-offset",
                "scan.bounded.mode", "latest-offset"));
    RecordSchema schema = RecordSchema.fromAvro(AVSC);
    RecordSource source = new KafkaConnector().source(new SourceSpec(sourceOptions, schema, true));
    ConnectorOptions sinkOptions = options("scores", Map.of("format", "avro"));
    RecordSink sink =
        new KafkaConnector()
            .sink(
                new SinkSpec(
                    sinkOptions,
                    schema,
                    source.rowType(),
                    sourceOptions,
                    "payments-job",
                    List.of(
                        Header.of("tidemill.model", "fraud"),
                        Header.of("tidemill.version", "1.4.2"))));
    RecordSink deadLetters =
        new KafkaConnector()
            .deadLetters(
                new DeadLetterSpec(
                    options("payments-dead", Map.of()),
                    sourceOptions,
                    sinkOptions,
                    "payments-job",
                    List.of(Header.of("tidemill.job", "payments-job"))));

    StreamExecutionEnvironment environment = environment();
    SourceStreams<RowData> streams = source.attach(environment, "source");
    sink.attach(
        streams
            .records()
            .map(new FailsOnce(Origin.indexIn(source.rowType()), 300))
            .returns(streams.records().getType())
            .uid("fails-once")
            .map(KafkaPipelineITCase::asItWasMeant)
            .returns(streams.records().getType())
            .uid("as-it-was-meant"),
        "sink");
    deadLetters.attach(streams.deadLetters().orElseThrow(), "dead-letters");
    assertThat(environment.getStreamGraph(false).getStreamNodes())
        .extracting(StreamNode::getTransformationUID)
        .doesNotContainNull();
    environment.execute();

    List<ConsumerRecord<byte[], byte[]>> scores = kafka.readCommitted("scores");
    Map<String, Integer> seen = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> score : scores) {
      seen.merge(new String(score.key(), UTF_8), 1, Integer::sum);
    }
    assertThat(FailsOnce.failed()).isTrue();
    assertThat(seen).hasSize(RECORDS - 1).allSatisfy((key, count) -> assertThat(count).isOne());
    ConsumerRecord<byte[], byte[]> first = find(scores, "key-0");
    GenericRecord payment = AvroBytes.read(AVSC, first.value());
    assertThat(payment.get("id")).hasToString("payment-0");
    assertThat(payment.get("at")).isEqualTo(1_700_000_000_123_456L);
    assertThat(payment.get("day")).isEqualTo((int) DAY.toEpochDay());
    assertThat(payment.get("price"))
        .isEqualTo(ByteBuffer.wrap(PRICE.unscaledValue().toByteArray()));
    assertThat(payment.get("ref")).hasToString(REF);
    assertThat(first.timestamp()).isEqualTo(1_000L);
    assertThat(names(first))
        .containsExactly("trace", "empty", "tidemill.model", "tidemill.version");
    assertThat(first.headers().lastHeader("empty").value()).isNull();
    assertThat(find(scores, "key-7").value()).isNull();
    assertThat(AvroBytes.read(AVSC, find(scores, "key-4").value()).get("id"))
        .hasToString("payment-4");

    List<ConsumerRecord<byte[], byte[]>> dead = kafka.readCommitted("payments-dead");
    assertThat(dead).hasSize(1);
    assertThat(dead.get(0).value()).isEqualTo(GARBAGE);
    assertThat(dead.get(0).key()).isEqualTo("key-3".getBytes(UTF_8));
    assertThat(dead.get(0).timestamp()).isEqualTo(1_003L);
    Map<String, @Nullable String> context = headers(dead.get(0));
    assertThat(context)
        .containsEntry("trace", "t-3")
        .containsEntry("__connect.errors.topic", "payments")
        .containsEntry("__connect.errors.partition", "0")
        .containsEntry("__connect.errors.offset", "3")
        .containsEntry("__connect.errors.stage", "VALUE_CONVERTER")
        .containsEntry("__connect.errors.exception.class.name", "java.io.IOException")
        .containsEntry("tidemill.job", "payments-job")
        .containsKey("__connect.errors.exception.message");
  }

  /** Logical types that are misread and miswritten alike would pass through as they came. */
  private static RowData asItWasMeant(RowData row) {
    if (!row.isNullAt(0)) {
      assertThat(row.getTimestamp(2, 6).toInstant()).isEqualTo(AT);
      assertThat(row.getInt(3)).isEqualTo((int) DAY.toEpochDay());
      assertThat(row.getDecimal(4, 9, 2).toBigDecimal()).isEqualTo(PRICE);
    }
    return row;
  }

  @Test
  void reachableBrokerAndTopicAreNoProblem() {
    kafka.createTopic("there", 1);

    List<Problem<OptionKey>> problems =
        new KafkaConnector()
            .source(
                new SourceSpec(
                    options(
                        "there;not-there",
                        Map.of(
                            "format", "avro",
                            "properties.bootstrap.servers", kafka.bootstrapServers(),
                            "scan.startup.mode", "earliest-offset")),
                    RecordSchema.fromAvro(AVSC),
                    true))
            .obstacles(Duration.ofSeconds(20));

    assertThat(problems)
        .extracting(Problem::toString)
        .containsExactly(
            "job.yaml: topic: 'not-there' is not on the broker at "
                + kafka.bootstrapServers()
                + " (expected: a topic that exists; create it, or correct its name)");
  }

  @Test
  void plannedCheckPassesWithTheDefaults() {
    ConnectorOptions options =
        options("out", Map.of("properties.bootstrap.servers", kafka.bootstrapServers()));
    RecordSink sink =
        new KafkaConnector()
            .deadLetters(
                new DeadLetterSpec(
                    options,
                    options("in", Map.of()),
                    options("scores", Map.of()),
                    "job",
                    List.of()));

    assertThat(
            sink.problemsWith(
                new CheckpointPlan(
                    Optional.of(Duration.ofSeconds(10)), Duration.ofMinutes(2), false)))
        .isEmpty();
  }

  private static StreamExecutionEnvironment environment() {
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 2);
    configuration.set(
        RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    return environment;
  }

  private static List<ProducerRecord<byte[], byte[]>> payments() throws IOException {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      String id = "payment-" + i;
      byte @Nullable [] value =
          i == 3
              ? GARBAGE
              : i == 7
                  ? null
                  : AvroBytes.write(
                      AVSC,
                      payment -> {
                        payment.put("id", id);
                        payment.put("amount", 2.5);
                        payment.put("at", 1_700_000_000_123_456L);
                        payment.put("day", (int) DAY.toEpochDay());
                        payment.put("price", ByteBuffer.wrap(PRICE.unscaledValue().toByteArray()));
                        payment.put("ref", REF);
                      });
      records.add(
          new ProducerRecord<>(
              "payments",
              0,
              1_000L + i,
              ("key-" + i).getBytes(UTF_8),
              value,
              List.of(
                  new RecordHeader("trace", ("t-" + i).getBytes(UTF_8)),
                  new RecordHeader("empty", (byte[]) null))));
    }
    return records;
  }

  private static ConnectorOptions options(String topic, Map<String, String> more) {
    Map<String, String> values = new LinkedHashMap<>(more);
    values.put("connector", "kafka");
    values.put("topic", topic);
    return new ConnectorOptions("job.yaml", values);
  }

  private static ConsumerRecord<byte[], byte[]> find(
      List<ConsumerRecord<byte[], byte[]>> records, String key) {
    return records.stream()
        .filter(record -> new String(record.key(), UTF_8).equals(key))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> names(ConsumerRecord<byte[], byte[]> record) {
    List<String> names = new ArrayList<>();
    record.headers().forEach(header -> names.add(header.key()));
    return names;
  }

  private static Map<String, @Nullable String> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, @Nullable String> headers = new HashMap<>();
    record
        .headers()
        .forEach(
            header ->
                headers.put(
                    header.key(),
                    header.value() == null ? null : new String(header.value(), UTF_8)));
    return headers;
  }
}
