package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BinaryOperator;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.CompressionType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records that come near to what a broker takes, and grow beyond it by their headers. */
@ExtendWith(MiniClusterExtension.class)
class OversizedITCase {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("text", "STRING")));

  /** The producer takes it, and with the headers of a dead letter it would not. */
  private static final int LARGE = 1_048_300;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final byte @Nullable [] TOMBSTONE = null;

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
  void deadLetterBeyondItsTopicIsCutAndSaysSo() throws Exception {
    byte[] garbage = new byte[LARGE];
    Arrays.fill(garbage, (byte) 'x');
    run("cut", Map.of(), garbage, fine());

    assertThat(kafka.readCommitted("cut-out"))
        .singleElement()
        .satisfies(
            record -> assertThat(record.value()).asString().isEqualTo("{\"text\":\"fine\"}"));
    ConsumerRecord<byte[], byte[]> letter = kafka.readCommitted("cut-dead").get(0);
    assertThat(letter.value().length).isBetween(LARGE - 10_000, LARGE - 1);
    assertThat(letter.value()).containsOnly('x');
    assertThat(new String(letter.headers().lastHeader("tidemill.value-bytes").value(), UTF_8))
        .isEqualTo(String.valueOf(LARGE));
    assertThat(new String(letter.headers().lastHeader("__connect.errors.offset").value(), UTF_8))
        .isEqualTo("0");
  }

  /** Bytes that do not compress are longer once they are compressed. */
  @ParameterizedTest
  @CsvSource({
    "snappy, properties.compression.type, snappy",
    "buffer, properties.buffer.memory, 900000",
  })
  void deadLetterFitsWhateverItHoldsAndItsProducerDoes(String name, String key, String value)
      throws Exception {
    byte[] random = new byte[LARGE];
    new Random(1).nextBytes(random);
    run(name, Map.of(key, value), random);

    ConsumerRecord<byte[], byte[]> letter = kafka.readCommitted(name + "-dead").get(0);
    assertThat(letter.value().length).isBetween(LARGE - 200_000, LARGE - 1);
    assertThat(letter.headers().lastHeader("tidemill.value-bytes").value())
        .asString(UTF_8)
        .isEqualTo(String.valueOf(LARGE));
  }

  @ParameterizedTest
  @CsvSource({"producer, NONE, 0", "uncompressed, NONE, 0", "zstd, NONE, 32", "producer, LZ4, 32"})
  void topicThatCompressesLeavesRoomForWhatGrows(String topic, CompressionType producer, int part) {
    String name = topic + "-" + producer;
    kafka.createTopic(
        new NewTopic(name, 1, (short) 1)
            .configs(Map.of("max.message.bytes", "640000", "compression.type", topic)));
    KafkaOptions options =
        new KafkaOptions(
            options(name, Map.of("properties.bootstrap.servers", kafka.bootstrapServers())));
    RecordLimit limit =
        new RecordLimit(new Broker(options), name, 1 << 20).whateverItHolds(producer);

    limit.open(PATIENCE);

    assertThat(limit.bytes()).isEqualTo(640000 - (part == 0 ? 0 : 640000 / part));
  }

  @Test
  void deadLetterBeyondItsTopicFailsTheJobAtOnceWhereThatIsAsked() {
    Throwable failure =
        catchThrowable(() -> run("fail", Map.of("sink.oversized-value", "fail"), new byte[LARGE]));

    assertThat(ExceptionUtils.findThrowable(failure, RecordFailureException.class))
        .get()
        .extracting(Throwable::getMessage)
        .asString()
        .startsWith("fail-in-0 offset 0: its dead letter of 10")
        .contains("larger than topic 'fail-dead' takes");
    assertThat(failure).hasStackTraceContaining("The failure is not recoverable");
  }

  @Test
  void topicThatTakesTooLittleIsToldBeforeTheStartWhereNothingMayBeCut() {
    createTopic("room-in", 2000000);
    kafka.createTopic("room-dead", 1);
    Map<String, String> fail = Map.of("sink.oversized-value", "fail");

    assertThat(letters(Map.of("topic", "room-in"), "room-dead", fail).obstacles(PATIENCE))
        .extracting(String::valueOf)
        .containsExactly(
            "job.yaml: sink.oversized-value: fail, while topic 'room-dead' takes records of 1048588 bytes (expected: >= 2008192, for a dead letter of the source's largest record; raise its max.message.bytes, or set truncate)");
    assertThat(letters(Map.of("topic-pattern", "room-i."), "room-dead", fail).obstacles(PATIENCE))
        .hasSize(1);
    assertThat(letters(Map.of("topic", "room-in"), "room-dead", Map.of()).obstacles(PATIENCE))
        .isEmpty();

    createTopic("room-large", 2008192);
    assertThat(letters(Map.of("topic", "room-in"), "room-large", fail).obstacles(PATIENCE))
        .isEmpty();
    Map<String, String> small =
        Map.of("sink.oversized-value", "fail", "properties.max.request.size", "2000000");
    assertThat(letters(Map.of("topic", "room-in"), "room-large", small).obstacles(PATIENCE))
        .singleElement()
        .asString()
        .contains("raise its max.message.bytes and properties.max.request.size");
    Map<String, String> held =
        Map.of("sink.oversized-value", "fail", "properties.buffer.memory", "1000000");
    assertThat(letters(Map.of("topic", "room-in"), "room-large", held).obstacles(PATIENCE))
        .singleElement()
        .asString()
        .contains("takes records of 1000000 bytes")
        .contains("raise its max.message.bytes and properties.buffer.memory");
  }

  @Test
  void brokerOfTheSourceIsNamedWhereItDoesNotTellWhatItsTopicsTake() {
    kafka.createTopic("untold-dead", 1);
    Map<String, String> source =
        Map.of("topic", "in", "properties.bootstrap.servers", "localhost:1");

    Map<String, String> fail =
        Map.of(
            "sink.oversized-value",
            "fail",
            "properties.bootstrap.servers",
            kafka.bootstrapServers());

    assertThat(letters(source, "untold-dead", fail).obstacles(Duration.ofSeconds(2)))
        .singleElement()
        .asString()
        .contains("no Kafka broker answers at localhost:1: ");
  }

  @Test
  void planTellsWhatBecomesOfALetterThatIsTooLarge() {
    Map<String, String> topic = Map.of("topic", "in");
    assertThat(letters(topic, "dead", Map.of()).guarantee())
        .endsWith("; a dead letter that its topic does not take is cut");
    assertThat(letters(topic, "dead", Map.of("sink.oversized-value", "fail")).guarantee())
        .endsWith("; a dead letter that its topic does not take fails the job");
  }

  private static void createTopic(String name, int largestRecord) {
    kafka.createTopic(
        new NewTopic(name, 1, (short) 1)
            .configs(Map.of("max.message.bytes", String.valueOf(largestRecord))));
  }

  private static RecordSink letters(
      Map<String, String> source, String topic, Map<String, String> more) {
    Map<String, String> read = new LinkedHashMap<>(source);
    read.put("connector", "kafka");
    read.putIfAbsent("properties.bootstrap.servers", kafka.bootstrapServers());
    return new KafkaConnector()
        .deadLetters(
            new DeadLetterSpec(
                options(topic, more),
                new ConnectorOptions("job.yaml", read),
                new ConnectorOptions("job.yaml", Map.of()),
                "job",
                List.of()));
  }

  @Test
  void keyThatLeavesNoRoomForALettersHeadersIsCut() throws Exception {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>("key-in", new byte[LARGE], "no JSON".getBytes(UTF_8));
    run("key", Map.of(), List.of(record));

    ConsumerRecord<byte[], byte[]> letter = kafka.readCommitted("key-dead").get(0);
    assertThat(letter.key().length).isBetween(LARGE - 10_000, LARGE - 1);
    assertThat(letter.value()).isEmpty();
    assertThat(letter.headers().lastHeader("tidemill.key-bytes").value())
        .asString(UTF_8)
        .isEqualTo(String.valueOf(LARGE));
  }

  @Test
  void predictionBeyondItsTopicFailsTheJobAndNamesItsRecord() {
    byte[] large = ("{\"text\":\"" + "y".repeat(LARGE + 170) + "\"}").getBytes(UTF_8);

    assertThatThrownBy(() -> run("prediction", Map.of(), large))
        .hasStackTraceContaining("prediction-in-0 offset 0: its prediction of 1048");
  }

  @Test
  void predictionBeyondItsTopicIsADeadLetterOfTheSameTransactionWhereThatGoesToTheSameBroker()
      throws Exception {
    kafka.createTopic("letter-out", 1);
    createTopic("letter-dead", 2_000_000);
    byte[] large = ("{\"text\":\"" + "y".repeat(LARGE + 170) + "\"}").getBytes(UTF_8);

    run("letter", RecordSink::lettersTo, Map.of(), records("letter", large, fine()));

    assertThat(kafka.readCommitted("letter-out")).hasSize(1);
    ConsumerRecord<byte[], byte[]> letter = kafka.readCommitted("letter-dead").get(0);
    assertThat(letter.value()).isEqualTo(large);
    assertThat(header(letter, "tidemill.cause")).isEqualTo("unwritable");
    assertThat(header(letter, "tidemill.model")).isEqualTo("fraud");
    assertThat(header(letter, "__connect.errors.stage")).isEqualTo("KAFKA_PRODUCE");
    assertThat(header(letter, "__connect.errors.exception.message"))
        .startsWith("letter-in-0 offset 0: its prediction of 1048")
        .contains("larger than topic 'letter-out' takes");
  }

  /** A broker refuses it, and the whole batch of its neighbours with it. */
  @Test
  void predictionWithoutKeyForACompactedTopicIsADeadLetter() throws Exception {
    kafka.createTopic(
        new NewTopic("keyless-out", 1, (short) 1)
            .configs(Map.of("cleanup.policy", "delete,compact")));
    kafka.createTopic("keyless-dead", 1);
    ProducerRecord<byte[], byte[]> keyed =
        new ProducerRecord<>("keyless-in", "k".getBytes(UTF_8), fine());

    run(
        "keyless",
        RecordSink::lettersTo,
        Map.of(),
        List.of(keyed, new ProducerRecord<>("keyless-in", fine())));

    assertThat(kafka.readCommitted("keyless-out"))
        .singleElement()
        .satisfies(record -> assertThat(record.key()).asString().isEqualTo("k"));
    ConsumerRecord<byte[], byte[]> letter = kafka.readCommitted("keyless-dead").get(0);
    assertThat(header(letter, "__connect.errors.exception.message"))
        .isEqualTo(
            "keyless-in-0 offset 1: its prediction has no key, and topic 'keyless-out' is compacted (expected: records with keys, or cleanup.policy=delete)");
  }

  /** As of a producer that writes microseconds: the topic of the dead letters refuses them too. */
  @Test
  void predictionOfATimeThatItsTopicRefusesIsADeadLetterThatTellsIt() throws Exception {
    List.of("time-out", "time-dead").forEach(topic -> kafka.createTopic(topic, 1));
    long far = 4_102_444_800_000L;

    run(
        "time",
        RecordSink::lettersTo,
        Map.of(),
        List.of(
            new ProducerRecord<>("time-in", 0, far, null, fine()),
            new ProducerRecord<>("time-in", 0, far, null, "no JSON".getBytes(UTF_8)),
            new ProducerRecord<>("time-in", fine())));

    assertThat(kafka.readCommitted("time-out")).hasSize(1);
    List<ConsumerRecord<byte[], byte[]>> letters = kafka.readCommitted("time-dead");
    assertThat(letters)
        .extracting(letter -> header(letter, "tidemill.timestamp"))
        .containsExactly(String.valueOf(far), String.valueOf(far));
    assertThat(letters)
        .extracting(letter -> header(letter, "__connect.errors.exception.message"))
        .anyMatch(
            message ->
                message.startsWith(
                    "time-in-0 offset 0: its prediction is of 2100-01-01T00:00:00Z, and topic 'time-out' takes none so far from now"));
  }

  @Test
  void compactedTopicIsRefusedForDeadLettersAsItForgetsThem() {
    kafka.createTopic(
        new NewTopic("forgets-dead", 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));

    assertThat(letters(Map.of("topic", "in"), "forgets-dead", Map.of()).obstacles(PATIENCE))
        .extracting(String::valueOf)
        .containsExactly(
            "job.yaml: topic: 'forgets-dead' has cleanup.policy=compact (expected: delete, as a compacted topic keeps one dead letter of each key and takes none without)");
  }

  @Test
  void deadLettersOfAnotherBrokerOrUserLeaveAPredictionBeyondItsTopicAFailure() {
    ConnectorOptions out =
        options(
            "out",
            Map.of("format", "json", "properties.bootstrap.servers", kafka.bootstrapServers()));
    RecordSink sink =
        new KafkaConnector()
            .sink(
                new SinkSpec(
                    out,
                    SCHEMA,
                    SCHEMA.rowType(),
                    new ConnectorOptions("job.yaml", Map.of()),
                    "job",
                    List.of()));
    Map<String, String> source = Map.of("topic", "in");

    assertThat(sink.lettersTo(letters(source, "dead", Map.of())).guarantee())
        .endsWith("; a prediction that its topic does not take is a dead letter");
    assertThat(sink.guarantee())
        .endsWith("; a prediction that its topic does not take fails the job");
    for (Map<String, String> other :
        List.of(
            Map.of("properties.bootstrap.servers", "localhost:1"),
            Map.of(
                "properties.bootstrap.servers",
                kafka.bootstrapServers(),
                "properties.security.protocol",
                "PLAINTEXT"))) {
      assertThat(sink.lettersTo(letters(source, "dead", other)).guarantee())
          .isEqualTo(sink.guarantee());
    }
  }

  private static byte[] fine() {
    return "{\"text\":\"fine\"}".getBytes(UTF_8);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }

  @Test
  void tombstonePassesWithItsOwnHeadersOnly() throws Exception {
    run("tombstone", Map.of(), TOMBSTONE);

    assertThat(kafka.readCommitted("tombstone-out"))
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.value()).isNull();
              assertThat(record.headers().toArray()).isEmpty();
            });
  }

  private static void run(String name, Map<String, String> more, byte[] @Nullable ... values)
      throws Exception {
    run(name, more, records(name, values));
  }

  private static List<ProducerRecord<byte[], byte[]>> records(
      String name, byte[] @Nullable ... values) {
    return Arrays.stream(values)
        .map(value -> new ProducerRecord<byte[], byte[]>(name + "-in", value))
        .toList();
  }

  private static void run(
      String name, Map<String, String> more, List<ProducerRecord<byte[], byte[]>> records)
      throws Exception {
    List.of("-out", "-dead").forEach(topic -> kafka.createTopic(name + topic, 1));
    run(name, (sink, deadLetters) -> sink, more, records);
  }

  private static void run(
      String name,
      BinaryOperator<RecordSink> joining,
      Map<String, String> more,
      List<ProducerRecord<byte[], byte[]>> records)
      throws Exception {
    kafka.createTopic(
        new NewTopic(name + "-in", 1, (short) 1)
            .configs(Map.of("message.timestamp.after.max.ms", String.valueOf(Long.MAX_VALUE))));
    kafka.send(records);
    ConnectorOptions sourceOptions =
        options(
            name + "-in",
            Map.of(
                "format", "json",
                "properties.bootstrap.servers", kafka.bootstrapServers(),
                "scan.startup.mode", "earliest-offset",
                "scan.bounded.mode", "latest-offset"));
    ConnectorOptions sinkOptions = options(name + "-out", Map.of("format", "json"));
    KafkaConnector connectors = new KafkaConnector();
    RecordSource source = connectors.source(new SourceSpec(sourceOptions, SCHEMA, true));
    RecordSink sink =
        connectors.sink(
            new SinkSpec(
                sinkOptions,
                SCHEMA,
                source.rowType(),
                sourceOptions,
                name,
                List.of(Header.of("tidemill.model", "fraud"))));
    RecordSink deadLetters =
        connectors.deadLetters(
            new DeadLetterSpec(
                options(name + "-dead", more), sourceOptions, sinkOptions, name, List.of()));
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 5);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    SourceStreams<RowData> streams = source.attach(environment, "source");
    joining.apply(sink, deadLetters).attach(streams.records(), "sink");
    deadLetters.attach(streams.deadLetters().orElseThrow(), "dead-letters");
    environment.execute();
  }

  private static ConnectorOptions options(String topic, Map<String, String> more) {
    Map<String, String> values = new LinkedHashMap<>(more);
    values.put("connector", "kafka");
    values.put("topic", topic);
    return new ConnectorOptions("job.yaml", values);
  }
}
