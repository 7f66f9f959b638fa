package io.tidemill.connectors.kafka;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;

/** A real broker in the test's process, on a free port, with its data under {@code target}. */
public final class EmbeddedKafka implements AutoCloseable {
  private static final long POLL_NANOS = 10_000_000;

  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private EmbeddedKafka(KafkaRaftServer server, String bootstrapServers) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  public static EmbeddedKafka start() throws IOException {
    return start(Map.of());
  }

  public static EmbeddedKafka start(Map<String, String> more) throws IOException {
    return start("", more);
  }

  /**
   * Starts it with a listener more, {@code further}, over which clients must log in and speak TLS.
   *
   * @param further the listener's address; empty for no such listener
   * @param more its keys and whom it lets in, among other options
   */
  public static EmbeddedKafka start(String further, Map<String, String> more) throws IOException {
    String listener = further.isEmpty() ? "" : ",SECURE://" + further;
    Path folder =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "kafka")), "broker");
    int broker = freePort();
    int controller = freePort();
    Properties properties = new Properties();
    properties.putAll(
        Map.ofEntries(
            Map.entry("process.roles", "broker,controller"),
            Map.entry("node.id", "1"),
            Map.entry("controller.quorum.bootstrap.servers", "localhost:" + controller),
            Map.entry("controller.listener.names", "CONTROLLER"),
            Map.entry(
                "listeners",
                "PLAINTEXT://localhost:"
                    + broker
                    + ",CONTROLLER://localhost:"
                    + controller
                    + listener),
            Map.entry("advertised.listeners", "PLAINTEXT://localhost:" + broker + listener),
            Map.entry(
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL"),
            Map.entry("log.dirs", folder.resolve("logs").toAbsolutePath().toString()),
            // Tests send records of 1970, which a broker would delete half a minute after its
            // start.
            Map.entry("log.retention.ms", "-1"),
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("offsets.topic.num.partitions", "1"),
            Map.entry("transaction.state.log.replication.factor", "1"),
            Map.entry("transaction.state.log.num.partitions", "1"),
            Map.entry("transaction.state.log.min.isr", "1"),
            Map.entry("group.initial.rebalance.delay.ms", "0")));
    properties.putAll(more);
    Path file = folder.resolve("server.properties");
    try (var writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
    int formatted =
        StorageTool.execute(
            new String[] {
              "format", "--standalone", "-t", Uuid.randomUuid().toString(), "-c", file.toString()
            },
            new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    if (formatted != 0) {
      throw new IllegalStateException("the broker's folder " + folder + " was not formatted");
    }
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    server.startup();
    return new EmbeddedKafka(server, "localhost:" + broker);
  }

  public String bootstrapServers() {
    return bootstrapServers;
  }

  public void createTopic(String name, int partitions) {
    createTopic(new NewTopic(name, partitions, (short) 1));
  }

  /**
   * Makes a topic, and waits until the broker shows it: the controller knows it a little before.
   */
  public void createTopic(NewTopic topic) {
    try (Admin admin = admin()) {
      admin.createTopics(List.of(topic)).all().get();
      while (!admin.listTopics().names().get().contains(topic.name())) {
        LockSupport.parkNanos(POLL_NANOS);
      }
    } catch (Exception e) {
      throw new IllegalStateException("topic " + topic.name() + " was not created", e);
    }
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers));
  }

  /** Waits until what was committed can be read: the broker answers a producer before. */
  void awaitCommits() {
    var ending =
        new ListTransactionsOptions()
            .filterStates(List.of(TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT));
    try (Admin admin = admin()) {
      while (!admin.listTransactions(ending).all().get().isEmpty()) {
        LockSupport.parkNanos(POLL_NANOS);
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("the broker does not tell its transactions", e);
    }
  }

  public void send(List<ProducerRecord<byte[], byte[]>> records) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (ProducerRecord<byte[], byte[]> record : records) {
        producer.send(record).get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("records were not sent", e);
    }
  }

  /** Everything that is committed in a topic now, in the order of partitions and offsets. */
  public List<ConsumerRecord<byte[], byte[]>> readCommitted(String topic) {
    awaitCommits();
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
