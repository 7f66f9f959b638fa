package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterReplay;
import io.tidemill.connectors.record.DeadLetterReplay.Judge;
import io.tidemill.connectors.record.DeadLetterReplay.Session;
import io.tidemill.connectors.record.DeadLetterReplay.Verdict;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.SourceSpec;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KafkaReplayITCase {
  private static final int LETTERS = 20;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static EmbeddedKafka kafka;

  @BeforeAll
  static void startBroker() throws IOException {
    kafka = EmbeddedKafka.start(Map.of("auto.create.topics.enable", "false"));
  }

  @AfterAll
  static void stopBroker() {
    kafka.close();
  }

  private static DeadLetterRecord letter(String topic, int id) {
    return letter(topic, id, Origin.OFFSET, (long) id);
  }

  /** One with another value in a field. */
  private static DeadLetterRecord letter(String topic, int id, int field, @Nullable Object other) {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.KEY, ("k" + id).getBytes(UTF_8));
    origin.setField(
        Origin.HEADERS,
        Origin.writeHeaders(List.of(Header.of("trace", "t" + id), new Header("empty", null))));
    origin.setField(Origin.TOPIC, StringData.fromString(topic));
    origin.setField(Origin.PARTITION, id % 2);
    origin.setField(Origin.OFFSET, (long) id);
    origin.setField(Origin.TIMESTAMP, 1_000L + id);
    origin.setField(Origin.VALUE, ("v" + id).getBytes(UTF_8));
    origin.setField(field, other);
    return DeadLetterRecord.of(
        Origin.of(GenericRowData.of(origin), 0),
        "score",
        "java.lang.Error",
        "boom",
        Map.of("tidemill.step", "score"));
  }

  /** In transactions of two letters. */
  private static DeadLetterReplay replay(String topic) {
    kafka.createTopic(topic, 2);
    return replayAgain(topic);
  }

  private static DeadLetterReplay replayAgain(String topic) {
    return new KafkaReplay(options(topic), reading(topic::equals), "job-" + topic, 2_000);
  }

  private static ReplayScope reading(Predicate<String> topics) {
    return new ReplayScope(topics, letter -> false);
  }

  private static KafkaOptions options(String topic) {
    return options(topic, kafka);
  }

  private static KafkaOptions options(String topic, EmbeddedKafka broker) {
    return new KafkaOptions(
        new ConnectorOptions(
            "source",
            Map.of(
                "connector",
                "kafka",
                "topic",
                topic,
                "properties.group.id",
                "g",
                "properties.interceptor.classes",
                OfAConsumer.class.getName(),
                "properties.bootstrap.servers",
                broker.bootstrapServers())));
  }

  private static DeadLetterReplay ofSource(
      Map<String, String> more, String job, boolean wholeArrays) {
    Map<String, String> options = new HashMap<>(more);
    options.put("connector", "kafka");
    options.put("scan.startup.mode", "earliest-offset");
    options.put("properties.bootstrap.servers", kafka.bootstrapServers());
    return requireNonNull(
        KafkaRecordSource.create(
                new SourceSpec(
                    new ConnectorOptions("source", options),
                    RecordSchema.ofColumns(List.of(new RecordSchema.Column("t", "STRING"))),
                    true))
            .replay(job, wholeArrays)
            .orElse(null));
  }

  /** Which no producer takes. */
  public static final class OfAConsumer implements ConsumerInterceptor<byte[], byte[]> {
    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
      return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> configs) {}
  }

  private static List<Verdict> take(Judge judge, String topic, int from, int to)
      throws IOException {
    List<Verdict> verdicts = new ArrayList<>();
    for (int id = from; id < to; id++) {
      verdicts.add(judge.take(letter(topic, id)));
    }
    return verdicts;
  }

  private static List<String> values(String topic) {
    return kafka.readCommitted(topic).stream()
        .map(record -> new String(record.value(), UTF_8))
        .toList();
  }

  private static List<String> all() {
    return IntStream.range(0, LETTERS).mapToObj(id -> "v" + id).toList();
  }

  @Test
  void recordsComeBackAsTheyWereAndOnce() throws Exception {
    DeadLetterReplay replay = replay("once");
    assertThat(replay.obstacles(Duration.ofSeconds(20))).isEmpty();
    assertThat(take(replay.look(), "once", 0, LETTERS)).containsOnly(Verdict.REPLAYED);
    assertThat(values("once")).isEmpty();

    for (int i = 0; i < 2; i++) {
      try (Session session = replayAgain("once").begin()) {
        take(session, "once", 0, LETTERS / 2 * (i + 1));
        session.finish();
      }
    }

    kafka.awaitCommits();
    assertThat(take(replay.look(), "once", 0, LETTERS)).containsOnly(Verdict.BEFORE);
    assertThat(values("once")).containsExactlyInAnyOrderElementsOf(all());
    ConsumerRecord<byte[], byte[]> third =
        kafka.readCommitted("once").stream()
            .filter(record -> new String(record.value(), UTF_8).equals("v3"))
            .findFirst()
            .orElseThrow();
    assertThat(third.partition()).isEqualTo(1);
    assertThat(third.key()).asString().isEqualTo("k3");
    assertThat(third.timestamp()).isEqualTo(1_003);
    assertThat(third.headers())
        .extracting(header -> header.key())
        .containsExactly("trace", "empty");
    assertThat(third.headers().lastHeader("empty").value()).isNull();
    assertThat(replay.obstacles(Duration.ofSeconds(20))).isEmpty();
  }

  @Test
  void recordOfATimeThatItsTopicTakesNoMoreComesBackWithThatOfTheBroker() throws Exception {
    kafka.createTopic(
        new NewTopic("late", 2, (short) 1)
            .configs(Map.of("message.timestamp.before.max.ms", "3600000")));

    try (Session session = replayAgain("late").begin()) {
      assertThat(take(session, "late", 0, 2)).containsOnly(Verdict.REPLAYED);
      session.finish();
    }

    kafka.awaitCommits();
    assertThat(kafka.readCommitted("late"))
        .hasSize(2)
        .allSatisfy(
            record ->
                assertThat(Instant.ofEpochMilli(record.timestamp()))
                    .isCloseTo(Instant.now(), within(1, ChronoUnit.HOURS)));
  }

  @Test
  void tombstoneComesBackAsATombstone() throws Exception {
    DeadLetterReplay replay = replay("tombstone");
    DeadLetterRecord valueless = letter("tombstone", 2, Origin.VALUE, null);
    GenericRowData unwritable = (GenericRowData) valueless.toRow();
    assertThat(replay.look().take(valueless)).isEqualTo(Verdict.ELSEWHERE);

    unwritable.setField(7, StringData.fromString(DeadLetterRecord.STAGE_WRITE));
    try (Session session = replay.begin()) {
      assertThat(session.take(valueless)).isEqualTo(Verdict.REPLAYED);
      session.finish();
    }

    kafka.awaitCommits();
    assertThat(kafka.readCommitted("tombstone"))
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.key()).asString().isEqualTo("k2");
              assertThat(record.value()).isNull();
            });
  }

  @Test
  void replayThatDiesDoublesNothingAndTheNextGoesOn() throws Exception {
    // Neither finished nor closed, as by kill -9: one of nine is in an open transaction.
    Session dead = replay("killed").begin();
    take(dead, "killed", 0, 9);
    assertThat(values("killed")).hasSize(8);
    KafkaProducer<byte[], byte[]> open =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "transactional.id",
                "job-killed-replay"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    open.initTransactions();
    open.beginTransaction();
    open.send(new ProducerRecord<>("killed", 0, null, "v8".getBytes(UTF_8))).get();

    try (Session next = replayAgain("killed").begin()) {
      assertThat(take(next, "killed", 0, LETTERS))
          .containsExactlyElementsOf(
              IntStream.range(0, LETTERS)
                  .mapToObj(id -> id < 8 ? Verdict.BEFORE : Verdict.REPLAYED)
                  .toList());
      next.finish();
    }

    assertThat(values("killed")).containsExactlyInAnyOrderElementsOf(all());
    dead.close();
    open.close();
    assertThat(values("killed")).hasSize(LETTERS);
  }

  @Test
  void replayThatWasNotFinishedIsClosedWithoutItsRest() throws Exception {
    try (Session session = replay("closed").begin()) {
      take(session, "closed", 0, 3);
    }

    assertThat(values("closed")).containsExactlyInAnyOrder("v0", "v1");
  }

  @Test
  void replayThatBeginsEndsTheOther() throws Exception {
    try (Session first = replay("two").begin()) {
      take(first, "two", 0, 5);
      try (Session second = replayAgain("two").begin()) {
        take(second, "two", 0, 10);

        assertThatThrownBy(() -> take(first, "two", 5, LETTERS))
            .isInstanceOf(IOException.class)
            .hasMessage(
                "the replay of job 'job-two' has ended with 4 records written back: another one has begun (expected: one at a time; run it again, and none is written back twice)");
        take(second, "two", 10, LETTERS);
        second.finish();
      }
    }

    assertThat(values("two")).containsExactlyInAnyOrderElementsOf(all());
  }

  @Test
  void noTransactionIsOpenWhileLettersAreLookedFor() throws Exception {
    try (Session session = replay("slow").begin()) {
      take(session, "slow", 0, 3);

      assertThat(new Broker(options("slow")).openTransactions("job-slow-", Duration.ofSeconds(20)))
          .isZero();
      session.finish();
    }

    assertThat(values("slow")).containsExactlyInAnyOrder("v0", "v1", "v2");
  }

  @Test
  void recordsOfATopicThatIsGoneAreLeftOut() throws Exception {
    kafka.createTopic("kept", 2);
    KafkaReplay replay =
        new KafkaReplay(options("kept"), reading(topic -> true), "job-gone", 2_000);

    assertThat(take(replay.look(), "gone", 0, 2)).containsOnly(Verdict.ELSEWHERE);
    try (Session session = replay.begin()) {
      assertThat(take(session, "gone", 0, 2)).containsOnly(Verdict.ELSEWHERE);
      assertThat(take(session, "kept", 0, 2)).containsOnly(Verdict.REPLAYED);
      session.finish();
    }

    assertThat(values("kept")).containsExactlyInAnyOrder("v0", "v1");
  }

  @Test
  void recordsOfSeveralTopicsComeBackEachToItsOwn() throws Exception {
    kafka.createTopic("left", 2);
    kafka.createTopic("right", 2);
    DeadLetterReplay replay =
        ofSource(Map.of("topic", "left;right", "format", "json"), "both", false);

    try (Session session = replay.begin()) {
      for (String topic : List.of("left", "right", "left")) {
        session.take(letter(topic, 1, Origin.VALUE, ("of " + topic).getBytes(UTF_8)));
      }
      session.finish();
    }

    kafka.awaitCommits();
    assertThat(values("left")).containsExactly("of left");
    assertThat(values("right")).containsExactly("of right");
    assertThat(replay.look().take(letter("right", 1))).isEqualTo(Verdict.BEFORE);
  }

  @Test
  void valueOfSeveralRecordsComesBackOnlyIfAsked() throws Exception {
    kafka.createTopic("arrays", 2);
    Map<String, String> source = Map.of("topic", "arrays", "format", "json");
    DeadLetterRecord several = letter("arrays", 1, Origin.VALUE, "[{},{}]".getBytes(UTF_8));
    DeadLetterRecord undecoded = letter("arrays", 2, Origin.VALUE, "[{},{}]".getBytes(UTF_8));
    ((GenericRowData) undecoded.toRow())
        .setField(7, StringData.fromString(DeadLetterRecord.STAGE_DECODE));
    Judge judge = ofSource(source, "arrays", false).look();

    assertThat(judge.take(several)).isEqualTo(Verdict.SHARED);
    assertThat(judge.take(letter("arrays", 3, Origin.VALUE, "[{}]".getBytes(UTF_8))))
        .isEqualTo(Verdict.REPLAYED);
    assertThat(judge.take(undecoded)).as("none of it was scored").isEqualTo(Verdict.REPLAYED);
    try (Session session = ofSource(source, "arrays", true).begin()) {
      assertThat(session.take(several)).isEqualTo(Verdict.REPLAYED);
      assertThat(session.take(several)).isEqualTo(Verdict.BEFORE);
      session.finish();
    }
    kafka.awaitCommits();
    assertThat(ofSource(source, "arrays", false).look().take(several)).isEqualTo(Verdict.BEFORE);
  }

  @Test
  void topicForMarksIsNotMadeWhereItIs() throws Exception {
    try (EmbeddedKafka strict =
            EmbeddedKafka.start(
                Map.of(
                    "authorizer.class.name",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                    "allow.everyone.if.no.acl.found",
                    "true"));
        Admin admin = Admin.create(Map.of("bootstrap.servers", strict.bootstrapServers()))) {
      strict.createTopic("strict", 1);
      strict.createTopic("job-strict-replayed", 1);
      ResourcePattern cluster =
          new ResourcePattern(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL);
      ResourcePattern marks =
          new ResourcePattern(ResourceType.TOPIC, "job-strict-replayed", PatternType.LITERAL);
      List<AclBinding> rights = new ArrayList<>();
      for (ResourcePattern one : List.of(cluster, marks)) {
        rights.add(
            new AclBinding(
                one,
                new AccessControlEntry("User:*", "*", AclOperation.ALL, AclPermissionType.ALLOW)));
        rights.add(
            new AclBinding(
                one,
                new AccessControlEntry(
                    "User:*", "*", AclOperation.CREATE, AclPermissionType.DENY)));
      }
      admin.createAcls(rights).all().get();
      KafkaOptions options = options("strict", strict);

      try (Session session =
          new KafkaReplay(options, reading("strict"::equals), "job-strict").begin()) {
        take(session, "strict", 0, 1);
        session.finish();
      }

      assertThat(strict.readCommitted("strict")).hasSize(1);
    }
  }

  @Test
  void letterThatCannotBeReplayedSaysWhy() throws Exception {
    Judge judge = replay("unfit").look();

    assertThat(judge.take(letter("unfit", 1))).isEqualTo(Verdict.REPLAYED);
    assertThat(judge.take(letter("unfit", 1))).isEqualTo(Verdict.BEFORE);
    assertThat(judge.take(letter("other", 1))).isEqualTo(Verdict.ELSEWHERE);
    assertThat(judge.take(DeadLetterRecord.of(null, "score", "java.lang.Error", "boom", Map.of())))
        .isEqualTo(Verdict.ELSEWHERE);
    for (int lost : List.of(Origin.PARTITION, Origin.OFFSET)) {
      assertThat(judge.take(letter("unfit", 4, lost, null))).isEqualTo(Verdict.ELSEWHERE);
    }
    assertThat(judge.take(letter("unfit", 4, Origin.PARTITION, -1))).isEqualTo(Verdict.ELSEWHERE);
    assertThat(
            judge.take(
                letter("unfit", 2).withContext(List.of(Header.of("tidemill.value-bytes", "9")))))
        .isEqualTo(Verdict.CUT);
  }

  @Test
  void marksStandWhereTheyAreKeptAndNotRead() throws Exception {
    DeadLetterReplay replay = replay("marked");
    kafka.createTopic(new NewTopic("job-marked-replayed", 1, (short) 1));
    DeadLetterReplay ofPattern =
        ofSource(Map.of("topic-pattern", "all.*", "format", "raw"), "all", false);

    assertThat(replay.obstacles(Duration.ofSeconds(20)))
        .singleElement()
        .asString()
        .startsWith(
            "source: topic: 'job-marked-replayed' has cleanup.policy=delete (expected: compact");
    assertThat(ofPattern.obstacles(Duration.ofSeconds(20)))
        .singleElement()
        .asString()
        .startsWith("source: topic: 'all-replayed' would be read (expected: ");
    assertThat(replayAgain("nowhere").obstacles(Duration.ofSeconds(20)))
        .singleElement()
        .asString()
        .startsWith("source: topic: 'nowhere' is not on the broker at ");
  }
}
