package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.KeptDeadLetters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KeptTopicITCase {
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

  /** With the connection of its source, as most jobs have it. */
  private static KeptDeadLetters kept(String servers, String topic) {
    return new KafkaConnector()
        .kept(
            new DeadLetterSpec(
                new ConnectorOptions("dead-letter", Map.of("connector", "kafka", "topic", topic)),
                new ConnectorOptions(
                    "source",
                    Map.of("connector", "kafka", "properties.bootstrap.servers", servers)),
                new ConnectorOptions("sink", Map.of("connector", "blackhole")),
                "job",
                List.of()));
  }

  private static ProducerRecord<byte[], byte[]> letter(String topic, int partition, String value) {
    var record = new ProducerRecord<byte[], byte[]>(topic, partition, null, value.getBytes(UTF_8));
    record.headers().add("__connect.errors.stage", "score".getBytes(UTF_8));
    return record;
  }

  private static List<String> read(KeptDeadLetters kept, String... addresses) throws IOException {
    List<String> read = new ArrayList<>();
    kept.forEach(
        List.of(addresses),
        found ->
            read.add(
                found.address()
                    + " "
                    + (found.letter() == null
                        ? "none"
                        : new String(found.letter().value(), UTF_8))));
    return read;
  }

  @Test
  void readsWhatIsCommittedUntilItBegins() throws Exception {
    kafka.createTopic("dead", 2);
    kafka.send(
        List.of(
            letter("dead", 0, "a"),
            letter("dead", 1, "b"),
            new ProducerRecord<>("dead", 1, null, "foreign".getBytes(UTF_8))));
    KeptDeadLetters kept = kept(kafka.bootstrapServers(), "dead");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "open"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(letter("dead", 0, "aborted")).get();
      producer.abortTransaction();
      producer.beginTransaction();
      producer.send(letter("dead", 0, "open")).get();

      assertThat(read(kept)).containsExactlyInAnyOrder("dead/0/0 a", "dead/1/0 b", "dead/1/1 none");
      producer.commitTransaction();
    }

    kafka.send(List.of(letter("dead", 1, "later")));
    kafka.awaitCommits();
    assertThat(read(kept)).hasSize(3);
    assertThat(read(kept(kafka.bootstrapServers(), "dead")))
        .contains("dead/0/3 open", "dead/1/2 later")
        .hasSize(5);
  }

  @Test
  void readsNoMoreThanTheAddressesAskFor() throws Exception {
    kafka.createTopic("some", 3);
    for (int i = 0; i < 10; i++) {
      kafka.send(List.of(letter("some", 0, "x" + i), letter("some", 2, "y" + i)));
    }
    KeptDeadLetters kept = kept(kafka.bootstrapServers(), "some");

    assertThat(read(kept, "some/0/4")).containsExactly("some/0/4 x4");
    assertThat(read(kept, "some/2/5", "some/2/7"))
        .containsExactly("some/2/5 y5", "some/2/6 y6", "some/2/7 y7");
    assertThat(read(kept, "some/1/0", "some/9/0", "some/0/99")).isEmpty();
    assertThatThrownBy(() -> read(kept, "other/0/1"))
        .hasMessage("address: 'other/0/1' (expected: some/PARTITION/OFFSET, as 'ls' prints it)");
  }

  /** As brokers do of a topic that was just made. */
  @Test
  void topicThatTheBrokerHearsOfLaterIsWaitedFor() throws Exception {
    CompletableFuture<List<String>> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return read(kept(kafka.bootstrapServers(), "news"));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    for (int i = 0; i < 8; i++) {
      kafka.createTopic("before-" + i, 1);
    }
    kafka.createTopic("news", 2);
    assertThat(read.get()).isEmpty();
  }

  @Test
  void goesOnWithWhatIsLeftWhereTheOldestAreDeletedMeanwhile() throws Exception {
    kafka.createTopic("aging", 1);
    kafka.send(IntStream.range(0, 10).mapToObj(i -> letter("aging", 0, "x" + i)).toList());
    KeptDeadLetters kept =
        new KafkaConnector()
            .kept(
                new DeadLetterSpec(
                    new ConnectorOptions(
                        "dead-letter",
                        Map.of(
                            "connector",
                            "kafka",
                            "topic",
                            "aging",
                            "properties.bootstrap.servers",
                            kafka.bootstrapServers(),
                            // So that nothing is read ahead.
                            "properties.max.poll.records",
                            "1",
                            "properties.max.partition.fetch.bytes",
                            "1")),
                    new ConnectorOptions("source", Map.of("connector", "datagen")),
                    new ConnectorOptions("sink", Map.of("connector", "blackhole")),
                    "job",
                    List.of()));
    List<String> read = new ArrayList<>();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      kept.forEach(
          List.of(),
          found -> {
            if (read.isEmpty()) {
              var until = Map.of(new TopicPartition("aging", 0), RecordsToDelete.beforeOffset(6));
              assertThat(admin.deleteRecords(until).all()).succeedsWithin(Duration.ofSeconds(20));
            }
            read.add(found.address());
          });
    }

    assertThat(read)
        .startsWith("aging/0/0")
        .endsWith("aging/0/6", "aging/0/7", "aging/0/8", "aging/0/9");
  }

  @Test
  void emptyTopicHasNoLetters() throws Exception {
    kafka.createTopic("empty", 2);

    assertThat(read(kept(kafka.bootstrapServers(), "empty"))).isEmpty();
  }

  @Test
  void saysThatTheTopicOrTheBrokerIsNotThere() {
    assertThat(kept(kafka.bootstrapServers(), "nowhere").obstacles(Duration.ofSeconds(20)))
        .singleElement()
        .asString()
        .startsWith("dead-letter: topic: 'nowhere' is not on the broker at ");
    assertThat(kept("localhost:1", "dead").obstacles(Duration.ofMillis(500)))
        .singleElement()
        .asString()
        .startsWith(
            "dead-letter: properties.bootstrap.servers: no Kafka broker answers at localhost:1");
  }
}
