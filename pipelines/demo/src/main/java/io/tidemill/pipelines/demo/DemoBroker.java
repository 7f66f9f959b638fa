package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A real Kafka broker in this process, with its controller, for as long as it is open.
 *
 * <p>It listens on the loopback address only, on ports that were free, and keeps everything under
 * one folder. It is configured for one node: each internal topic has one copy. A fatal fault of the
 * broker throws in the broker's thread instead of ending this process, which is Kafka's default;
 * this holds for the whole process from the first start on.
 *
 * <p>Safe for use by several threads.
 */
final class DemoBroker implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int NODE = 1;

  private static final Duration LEADERS_WITHIN = Duration.ofSeconds(30);
  private static final long RETRY_MILLIS = 20;

  private final KafkaRaftServer server;
  private final Admin admin;
  private final String bootstrapServers;

  /**
   * Formats the folder and starts a broker in it. Blocks until it answers, some seconds.
   *
   * @param folder is created; must be empty if it exists
   * @throws KafkaException if the broker does not start
   */
  DemoBroker(Path folder) {
    Exit.setExitProcedure(DemoBroker::refuseToEndProcess);
    Exit.setHaltProcedure(DemoBroker::refuseToEndProcess);
    List<String> addresses = freeAddresses();
    bootstrapServers = addresses.get(0);
    format(folder.toAbsolutePath().toString());
    server =
        new KafkaRaftServer(
            new KafkaConfig(options(folder.toAbsolutePath(), addresses), false), Time.SYSTEM);
    try {
      server.startup();
      admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
    } catch (RuntimeException e) {
      server.shutdown();
      throw new KafkaException(
          "broker in %s at %s did not start".formatted(folder, bootstrapServers), e);
    }
  }

  private static void format(String folder) {
    try {
      new Formatter()
          .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8))
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(NODE)
          .setControllerListenerName("CONTROLLER")
          .setMetadataLogDirectory(folder)
          .addDirectory(folder)
          .run();
    } catch (Exception e) {
      throw new KafkaException(
          "broker folder: %s was not formatted (expected: an empty folder)".formatted(folder), e);
    }
  }

  private static Map<String, Object> options(Path folder, List<String> addresses) {
    return Map.ofEntries(
        entry("process.roles", "broker,controller"),
        entry("node.id", NODE),
        entry("controller.quorum.voters", NODE + "@" + addresses.get(1)),
        entry("controller.listener.names", "CONTROLLER"),
        entry(
            "listeners",
            "PLAINTEXT://%s,CONTROLLER://%s".formatted(addresses.get(0), addresses.get(1))),
        entry("inter.broker.listener.name", "PLAINTEXT"),
        entry("log.dirs", folder.toString()),
        entry("auto.create.topics.enable", false),
        entry("offsets.topic.replication.factor", (short) 1),
        entry("offsets.topic.num.partitions", 2),
        entry("transaction.state.log.replication.factor", (short) 1),
        entry("transaction.state.log.min.isr", 1),
        entry("transaction.state.log.num.partitions", 4),
        entry("share.coordinator.state.topic.replication.factor", (short) 1),
        entry("share.coordinator.state.topic.min.isr", (short) 1),
        entry("group.initial.rebalance.delay.ms", 0));
  }

  /** Two, for clients and for the controller. */
  private static List<String> freeAddresses() {
    try {
      InetAddress host = InetAddress.getLoopbackAddress();
      try (ServerSocket first = new ServerSocket(0, 1, host);
          ServerSocket second = new ServerSocket(0, 1, host)) {
        return List.of(HOST + ":" + first.getLocalPort(), HOST + ":" + second.getLocalPort());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on " + HOST, e);
    }
  }

  private static void refuseToEndProcess(int status, String message) {
    throw new KafkaException("the broker failed with status " + status + ": " + message);
  }

  /** Where clients connect. */
  String bootstrapServers() {
    return bootstrapServers;
  }

  /**
   * Creates topics whose records carry the time at which the broker appended them. Blocks until
   * each partition can be written: a producer that begins before its partitions have a leader can
   * have its second batch accepted and its first refused, and then never gets them into order.
   *
   * @throws KafkaException if one exists already or cannot be created
   */
  void createTopics(int partitions, String... names) {
    Map<String, String> config = Map.of(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    List<NewTopic> topics =
        Stream.of(names)
            .map(name -> new NewTopic(name, partitions, (short) 1).configs(config))
            .toList();
    try {
      admin.createTopics(topics).all().get();
      awaitLeaders(partitions, names);
    } catch (ExecutionException e) {
      throw new KafkaException("topics " + List.of(names) + " were not created", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while topics were created", e);
    }
  }

  private void awaitLeaders(int partitions, String... topics)
      throws ExecutionException, InterruptedException {
    long deadlineNanos = System.nanoTime() + LEADERS_WITHIN.toNanos();
    while (true) {
      try {
        // Only a leader answers. The client asks again while there is none, but not while the
        // broker has not heard of the topic.
        endsOf(partitions, topics);
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException)
            || System.nanoTime() - deadlineNanos > 0) {
          throw e;
        }
        Time.SYSTEM.sleep(RETRY_MILLIS);
      }
    }
  }

  /**
   * How many records topics hold, whether committed or not: what a job has done since its last
   * checkpoint shows here first. The marks of transactions count too, so it is for progress only.
   *
   * @throws KafkaException if the broker does not answer
   */
  long appended(int partitions, String... topics) throws InterruptedException {
    try {
      return endsOf(partitions, topics);
    } catch (ExecutionException e) {
      throw new KafkaException("the broker does not tell the ends of " + List.of(topics), e);
    }
  }

  private long endsOf(int partitions, String... topics)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (String topic : topics) {
      for (int partition = 0; partition < partitions; partition++) {
        ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      }
    }
    return admin.listOffsets(ends).all().get().values().stream()
        .mapToLong(ListOffsetsResultInfo::offset)
        .sum();
  }

  /** Ends the broker in order. Its files stay. Blocks until it has ended. */
  @Override
  public void close() {
    admin.close();
    server.shutdown();
    server.awaitShutdown();
  }
}
