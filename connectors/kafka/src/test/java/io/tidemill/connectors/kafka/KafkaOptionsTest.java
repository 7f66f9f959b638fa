package io.tidemill.connectors.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.junit.jupiter.api.Test;

class KafkaOptionsTest {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("amount", "DOUBLE")));
  private static final Map<String, String> SOURCE =
      Map.of(
          "connector", "kafka",
          "topic", "in;in-2",
          "properties.bootstrap.servers", "localhost:9092",
          "scan.startup.mode", "earliest-offset",
          "format", "json");

  @Test
  void sourceIsMadeWithoutABroker() {
    RecordSource source = new KafkaConnector().source(source(SOURCE));

    assertThat(source.bounded()).isFalse();
    assertThat(source.freshRecords()).isTrue();
    assertThat(source.rowType().getFieldNames()).containsExactly("amount", Origin.COLUMN);
    assertThat(source.guarantee()).contains("become dead letters");
  }

  @Test
  void boundedModeMakesABoundedSource() {
    assertThat(
            new KafkaConnector()
                .source(source(with(SOURCE, "scan.bounded.mode", "latest-offset")))
                .bounded())
        .isTrue();
  }

  @Test
  void allProblemsOfASourceAreReportedAtOnce() {
    List<String> problems =
        problemsOfSource(
            Map.of(
                "connector", "kafka",
                "topik", "in",
                "properties.bootstrap.server", "localhost:9092",
                "scan.startup.mode", "earliest",
                "scan.bounded.mode", "timestamp",
                "scan.parallelism", "0",
                "format", "jsn"));

    assertThat(problems)
        .anyMatch(
            line ->
                line.startsWith(
                    "job.yaml: source: topik: unknown option (did you mean 'topic'? allowed: "))
        .contains(
            "job.yaml: source: topic: missing (expected: the topic to read, or topic-pattern)",
            "job.yaml: source: properties.bootstrap.servers: missing (expected: the broker's"
                + " host:port)",
            "job.yaml: source: properties.bootstrap.server: no property of Kafka's client (did you"
                + " mean 'properties.bootstrap.servers'?)",
            "job.yaml: source: scan.startup.mode: 'earliest' (expected: one of earliest-offset,"
                + " latest-offset, group-offsets, timestamp, specific-offsets)",
            "job.yaml: source: scan.bounded.timestamp-millis: missing (expected: milliseconds since"
                + " the epoch, as scan.bounded.mode 'timestamp' wants)",
            "job.yaml: source: scan.parallelism: 0 (expected: >= 1)")
        .anyMatch(
            line ->
                line.startsWith(
                    "job.yaml: source: format: 'jsn' is not on the class path (did you mean 'json'?"
                        + " expected: one of "));
  }

  @Test
  void propertyOfAnotherKindOfClientIsNoSlip() {
    assertThat(
            new KafkaConnector()
                .source(
                    source(
                        with(
                            with(SOURCE, "properties.metadata.max.idle.ms", "60000"),
                            "properties.key.serializer",
                            "org.apache.kafka.common.serialization.ByteArraySerializer"))))
        .isNotNull();
  }

  @Test
  void whatAUserPlugsInGetsItsPropertiesInEveryClient() {
    KafkaOptions options =
        new KafkaOptions(
            new ConnectorOptions(
                "job.yaml: source",
                Map.of(
                    "properties.config.providers", "file",
                    "properties.config.providers.file.class", "a.Provider",
                    "properties.fetch.min.bytes", "1")));

    assertThat(options.properties(AdminClientConfig.configNames()))
        .containsOnlyKeys("config.providers", "config.providers.file.class");
  }

  @Test
  void formatThatIsElsewhereIsNamedWithItsJarAndThoseThatWouldBeRefusedAreNotOffered() {
    assertThat(problemsOfSource(with(SOURCE, "format", "protobuf")))
        .containsExactly(
            "job.yaml: source: format: 'protobuf' is not on the class path (expected: one of avro,"
                + " avro-confluent, csv, json, raw, or the jar of org.apache.flink:flink-protobuf,"
                + " com.google.protobuf:protobuf-java and that of the message's class, in the folder of"
                + " TIDEMILL_LIB or, on a cluster, Flink's lib)");
    assertThat(problemsOfSource(with(SOURCE, "format", "debezium-json")))
        .containsExactly(
            "job.yaml: source: format: 'debezium-json' carries changes of a table (expected: a"
                + " format of plain records)");
  }

  @Test
  void avroAsJsonRefusesTimestampsThatItMisreads() {
    RecordSchema fine =
        RecordSchema.ofColumns(List.of(new RecordSchema.Column("at", "TIMESTAMP(6)")));
    Map<String, String> options = with(with(SOURCE, "format", "avro"), "avro.encoding", "json");

    assertThatThrownBy(
            () ->
                new KafkaConnector()
                    .source(
                        new SourceSpec(
                            new ConnectorOptions("job.yaml: source", options), fine, true)))
        .hasMessage(
            "job.yaml: source: format: 'avro' as JSON reads and writes field 'at' TIMESTAMP(6) as"
                + " milliseconds (expected: TIMESTAMP(3); or BIGINT, the field without its"
                + " logicalType)");
  }

  @Test
  void optionOfTheFormatIsKnownAndAnotherIsNot() {
    assertThat(
            new KafkaConnector().source(source(with(SOURCE, "json.fail-on-missing-field", "true"))))
        .isNotNull();
    assertThat(problemsOfSource(with(SOURCE, "json.fail-on-mising-field", "true")))
        .singleElement()
        .asString()
        .contains(
            "json.fail-on-mising-field: unknown option (did you mean 'json.fail-on-missing-field'?");
  }

  @Test
  void groupOffsetsWithoutAGroupAreRefused() {
    assertThat(problemsOfSource(with(SOURCE, "scan.startup.mode", "group-offsets")))
        .containsExactly(
            "job.yaml: source: properties.group.id: missing (expected: the consumer group whose"
                + " offsets scan.startup.mode 'group-offsets' asks for; set it, or"
                + " scan.startup.mode, for instance to earliest-offset)");
  }

  @Test
  void specificOffsetsWantOneTopicAndPairs() {
    Map<String, String> options =
        with(
            with(SOURCE, "scan.startup.mode", "specific-offsets"),
            "scan.startup.specific-offsets",
            "0:42");

    assertThat(problemsOfSource(options))
        .containsExactly(
            "job.yaml: source: scan.startup.mode: 'specific-offsets' with 2 topics (expected: topic"
                + " names one topic)",
            "job.yaml: source: scan.startup.specific-offsets: '0:42' (expected: as in"
                + " partition:0,offset:42;partition:1,offset:300)");
  }

  @Test
  void topicThatTheSourceReadsIsNoSinkAndNoDeadLetterTopic() {
    InvalidOptionsException refused =
        catchThrowableOfType(
            InvalidOptionsException.class, () -> deadLetters(Map.of("topic", "in-2")));

    assertThat(refused.problems())
        .containsExactly(
            new Problem<>(
                new OptionKey("job.yaml: dead-letter", "topic"),
                "'in-2' is read by the source of the same job, which would never end (expected:"
                    + " another topic)"));
  }

  @Test
  void topicOfTheSinkIsNoDeadLetterTopic() {
    assertThatThrownBy(() -> deadLetters(Map.of("topic", "out")))
        .hasMessage(
            "job.yaml: dead-letter: topic: 'out' is written by the sink of the same job (expected:"
                + " another topic)");
  }

  @Test
  void sinksTopicOfAnotherClusterIsAllowed() {
    Map<String, String> sink = Map.of("connector", "kafka", "topic", "out", "format", "json");
    Map<String, String> elsewhere =
        Map.of("topic", "out", "properties.bootstrap.servers", "other:9092");

    assertThat(deadLetters(elsewhere, sink).guarantee()).startsWith("exactly once");
    assertThatThrownBy(() -> deadLetters(Map.of("topic", "out"), sink))
        .hasMessageContaining("'out' is written by the sink of the same job");
  }

  @Test
  void transactionalIdsOfTheSinkAreNotThoseOfDeadLetters() {
    String key = "sink.transactional-id-prefix";
    Map<String, String> sink = Map.of("connector", "kafka", "topic", "out", key, "ids");
    Map<String, String> letters = Map.of("topic", "dead", key, "ids");

    assertThatThrownBy(() -> deadLetters(letters, sink))
        .hasMessage(
            "job.yaml: dead-letter: sink.transactional-id-prefix: 'ids' is that of the sink of the"
                + " same job (expected: another, or each ends the transactions of the other)");
    assertThatThrownBy(
            () ->
                deadLetters(
                    with(letters, key, "job-predictions"),
                    Map.of("connector", "kafka", "topic", "out")))
        .hasMessageContaining("'job-predictions' is that of the sink");
    String naming = "sink.transaction-naming-strategy";
    assertThatThrownBy(
            () -> deadLetters(with(letters, key, "ids-dead"), with(sink, naming, "pooling")))
        .hasMessage(
            "job.yaml: dead-letter: sink.transactional-id-prefix: 'ids-dead' beside 'ids' of the"
                + " sink of the same job (expected: two of which neither begins the other, as naming"
                + " strategy POOLING ends all transactions whose ids begin with its prefix)");
    assertThatThrownBy(() -> deadLetters(with(with(letters, key, "id"), naming, "pooling"), sink))
        .hasMessageContaining("'id' beside 'ids' of the sink");
    assertThat(deadLetters(with(letters, key, "ids-dead"), sink).exactlyOnce()).isTrue();
    assertThat(deadLetters(with(letters, key, "id"), with(sink, naming, "pooling")).exactlyOnce())
        .isTrue();
    String servers = "properties.bootstrap.servers";
    String guarantee = "sink.delivery-guarantee";
    assertThat(deadLetters(with(letters, servers, "other:9092"), sink).exactlyOnce()).isTrue();
    assertThat(deadLetters(with(letters, guarantee, "at-least-once"), sink).exactlyOnce())
        .isFalse();
    assertThat(deadLetters(letters, with(sink, guarantee, "none")).exactlyOnce()).isTrue();
  }

  @Test
  void formatThatDropsWhatDoesNotDecodeIsRefused() {
    assertThat(problemsOfSource(with(SOURCE, "json.ignore-parse-errors", "true")))
        .containsExactly(
            "job.yaml: source: json.ignore-parse-errors: true (expected: false; bytes that do not"
                + " decode become dead letters, and none is dropped)");
  }

  @Test
  void everyOptionOfFlinksOwnFactoryIsKnownOrNamedAsNotThere() {
    var factory = new KafkaDynamicTableFactory();
    Set<String> ours = new TreeSet<>(SourceSettings.KEYS);
    ours.addAll(SinkSettings.KEYS);
    ours.addAll(
        List.of(
            "key.format",
            "key.fields",
            "key.fields-prefix",
            "value.fields-include",
            "properties.bootstrap.servers",
            "properties.group.id",
            "sink.partitioner",
            "sink.semantic"));

    assertThat(
            Stream.concat(factory.requiredOptions().stream(), factory.optionalOptions().stream())
                .map(ConfigOption::key))
        .as("the options of Flink's own factory, beside ours and those that the README calls away")
        .containsExactlyInAnyOrderElementsOf(ours);
  }

  @Test
  void metadataHasTheNamesAndTypesOfFlinksOwn() {
    var table =
        (SupportsReadingMetadata)
            new KafkaDynamicTableFactory()
                .createDynamicTableSource(
                    new ConnectorOptions("table", SOURCE).asTable(SCHEMA.rowType()));
    Map<String, LogicalType> ours = new TreeMap<>();
    for (RecordMetadata kind : RecordMetadata.values()) {
      ours.put(kind.toString(), kind.type());
    }
    Map<String, LogicalType> flinks = new TreeMap<>();
    table.listReadableMetadata().forEach((key, type) -> flinks.put(key, type.getLogicalType()));
    flinks.put("key", new VarBinaryType(VarBinaryType.MAX_LENGTH));

    assertThat(ours).isEqualTo(flinks);
  }

  @Test
  void metadataColumnsStandBehindTheValuesAndAreNamedOnce() {
    assertThat(
            new KafkaConnector()
                .source(source(with(SOURCE, "metadata.sent-at", "timestamp")))
                .schema()
                .rowType()
                .asSerializableString())
        .isEqualTo(
            "ROW<`amount` DOUBLE, `sent-at` TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL> NOT NULL");
    assertThat(problemsOfSource(with(SOURCE, "metadata.at", "timestmp")))
        .containsExactly(
            "job.yaml: source: metadata.at: 'timestmp' (did you mean 'timestamp'? allowed: key,"
                + " topic, partition, offset, timestamp, timestamp-type, leader-epoch, headers)");
    assertThat(problemsOfSource(with(SOURCE, "metadata.amount", "offset")))
        .containsExactly(
            "job.yaml: source: metadata.amount: the name of another field (expected: a new one)");
  }

  @Test
  void sameTopicOfAnotherClusterIsAllowed() {
    assertThat(
            deadLetters(Map.of("topic", "in", "properties.bootstrap.servers", "other:9092"))
                .guarantee())
        .startsWith("exactly once");
  }

  @Test
  void sinkWithoutABrokerUsesTheSourcesConnection() {
    ConnectorOptions connected =
        new KafkaOptions(new ConnectorOptions("sink", Map.of("connector", "kafka")))
            .connectedLike(
                new ConnectorOptions(
                    "source",
                    Map.of(
                        "connector", "kafka",
                        "properties.bootstrap.servers", "broker:9092",
                        "properties.security.protocol", "SSL",
                        "properties.group.id", "readers")))
            .options();

    assertThat(connected.values())
        .containsEntry("properties.bootstrap.servers", "broker:9092")
        .containsEntry("properties.security.protocol", "SSL")
        .doesNotContainKey("properties.group.id");
  }

  @Test
  void exactlyOnceIsTheDefaultAndNamesItsTransactions() {
    assertThat(deadLetters(Map.of("topic", "dead")).guarantee())
        .isEqualTo(
            "exactly once for consumers that read committed, visible after each checkpoint"
                + " (transactional ids job-dead-letters-*, INCREMENTING, transaction.timeout.ms 600000;"
                + " POOLING hides results for that long after a restore at smaller parallelism,"
                + " FLINK-40626); a dead letter that its topic does not take is cut");
  }

  @Test
  void exactlyOnceWithCheckpointsOffIsRefused() {
    assertThat(problems(Map.of(), Optional.empty(), Duration.ZERO, false))
        .containsExactly(
            "job.yaml: dead-letter: sink.delivery-guarantee: exactly-once with checkpoints off"
                + " (expected: checkpoints, since only they commit; set"
                + " execution.checkpointing.interval, or at-least-once here)");
  }

  @Test
  void batchModeNeedsNoCheckpoint() {
    assertThat(problems(Map.of(), Optional.empty(), Duration.ZERO, true)).isEmpty();
  }

  @Test
  void transactionThatEndsBeforeItsCommitIsRefused() {
    assertThat(
            problems(
                Map.of("properties.transaction.timeout.ms", "60000"),
                Optional.of(Duration.ofSeconds(20)),
                Duration.ofSeconds(10),
                false))
        .containsExactly(
            "job.yaml: dead-letter: properties.transaction.timeout.ms: 60000 (expected: > 60000, the"
                + " sum of execution.checkpointing.interval 20000, the longest restart 10000 and"
                + " 30000 for the commit; raise it, or shorten the interval)");
  }

  @Test
  void transactionThatOutlivesTheSumIsAccepted() {
    assertThat(
            problems(
                Map.of("properties.transaction.timeout.ms", "60001"),
                Optional.of(Duration.ofSeconds(20)),
                Duration.ofSeconds(10),
                false))
        .isEmpty();
  }

  @Test
  void transactionBeyondTheBrokersMaximumIsRefused() {
    assertThat(
            problems(
                Map.of("properties.transaction.timeout.ms", "900001"),
                Optional.of(Duration.ofSeconds(20)),
                Duration.ZERO,
                false))
        .containsExactly(
            "job.yaml: dead-letter: properties.transaction.timeout.ms: 900001 (expected: <= 900000,"
                + " the maximum that a broker allows)");
  }

  @Test
  void atLeastOnceNeedsNoTransaction() {
    assertThat(
            problems(
                Map.of("sink.delivery-guarantee", "at-least-once"),
                Optional.empty(),
                Duration.ZERO,
                false))
        .isEmpty();
  }

  @Test
  void brokerThatIsNotThereIsNamedWithItsRemedy() {
    List<Problem<OptionKey>> problems =
        new KafkaConnector()
            .source(
                source(
                    with(
                        SOURCE,
                        "properties.bootstrap.servers",
                        "localhost:" + EmbeddedKafka.freePort())))
            .obstacles(Duration.ofMillis(500));

    assertThat(problems)
        .singleElement()
        .asString()
        .startsWith(
            "job.yaml: source: properties.bootstrap.servers: no Kafka broker answers at localhost:")
        .endsWith("(expected: a running broker; start it, or correct the address)");
  }

  @Test
  void hostThatIsNoneIsNamedToo() {
    List<Problem<OptionKey>> problems =
        new KafkaConnector()
            .source(source(with(SOURCE, "properties.bootstrap.servers", "nowhere.invalid:9092")))
            .obstacles(Duration.ofMillis(500));

    assertThat(problems)
        .singleElement()
        .asString()
        .contains("nowhere.invalid:9092", "No resolvable bootstrap urls");
  }

  @Test
  void sinkWritesOnlyFieldsThatArrive() {
    ConnectorOptions sink =
        new ConnectorOptions(
            "job.yaml: sink", Map.of("connector", "kafka", "topic", "out", "format", "json"));
    RecordSchema other = RecordSchema.ofColumns(List.of(new RecordSchema.Column("score", "FLOAT")));

    IllegalArgumentException refused =
        catchThrowableOfType(
            IllegalArgumentException.class,
            () ->
                new KafkaConnector()
                    .sink(
                        new SinkSpec(
                            sink,
                            other,
                            Origin.appendTo(SCHEMA.rowType()),
                            new ConnectorOptions("source", SOURCE),
                            "job",
                            List.of())));

    assertThat(refused).hasMessage("job.yaml: sink: field 'score' (expected: one of amount)");
  }

  @Test
  void aBrokerThatIsAwayHidesNoRegistryThatIsAwayToo() {
    Map<String, String> away =
        with(
            with(
                with(SOURCE, "properties.bootstrap.servers", "localhost:1"),
                "format",
                "avro-confluent"),
            "avro-confluent.url",
            "http://localhost:1");
    Duration limit = Duration.ofMillis(300);
    RecordSink sink =
        new KafkaConnector()
            .sink(
                new SinkSpec(
                    new ConnectorOptions(
                        "job.yaml: sink",
                        Map.of(
                            "connector", "kafka",
                            "topic", "out",
                            "properties.bootstrap.servers", "localhost:1",
                            "format", "avro-confluent",
                            "avro-confluent.url", "http://localhost:1")),
                    SCHEMA,
                    Origin.appendTo(SCHEMA.rowType()),
                    new ConnectorOptions("job.yaml: source", SOURCE),
                    "job",
                    List.of()));

    assertThat(new KafkaConnector().source(source(away)).obstacles(limit))
        .extracting(problem -> problem.place().key())
        .containsExactly("properties.bootstrap.servers", "avro-confluent.url");
    assertThat(sink.obstacles(limit))
        .extracting(problem -> problem.place().key())
        .containsExactly("properties.bootstrap.servers", "avro-confluent.url");
  }

  private static SourceSpec source(Map<String, String> options) {
    return new SourceSpec(new ConnectorOptions("job.yaml: source", options), SCHEMA, true);
  }

  private static List<String> problemsOfSource(Map<String, String> options) {
    return catchThrowableOfType(
            InvalidOptionsException.class, () -> new KafkaConnector().source(source(options)))
        .problems()
        .stream()
        .map(Problem::toString)
        .toList();
  }

  private static List<String> problems(
      Map<String, String> options,
      Optional<Duration> interval,
      Duration longestRestart,
      boolean batch) {
    return deadLetters(with(options, "topic", "dead"))
        .problemsWith(new CheckpointPlan(interval, longestRestart, batch))
        .stream()
        .map(Problem::toString)
        .toList();
  }

  private static RecordSink deadLetters(Map<String, String> options) {
    return deadLetters(options, with(SOURCE, "topic", "out"));
  }

  private static RecordSink deadLetters(Map<String, String> options, Map<String, String> sink) {
    return new KafkaConnector()
        .deadLetters(
            new DeadLetterSpec(
                new ConnectorOptions("job.yaml: dead-letter", with(options, "connector", "kafka")),
                new ConnectorOptions("job.yaml: source", SOURCE),
                new ConnectorOptions("job.yaml: sink", sink),
                "job",
                List.of()));
  }

  private static Map<String, String> with(Map<String, String> options, String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(options);
    more.put(key, value);
    return more;
  }
}
