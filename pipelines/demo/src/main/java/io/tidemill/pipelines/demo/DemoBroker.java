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
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
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

  private final KafkaRaftServer server;
  private final TopicAdmin topics;
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
      topics = new TopicAdmin(bootstrapServers);
    } catch (RuntimeException e) {
      server.shutdown();
      throw new KafkaException(
          "broker in %s at %s did not start".formatted(folder, bootstrapServers), e);
    }
  }

  /** Makes a folder one that a broker of {@link #options} starts in. */
  static void format(String folder) {
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

  /**
   * What a broker of one node is configured with.
   *
   * @param addresses for clients and for the controller
   */
  static Map<String, Object> options(Path folder, List<String> addresses) {
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
  static List<String> freeAddresses() {
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

  /** As {@link TopicAdmin#create}. */
  void createTopics(int partitions, String... names) {
    topics.create(partitions, names);
  }

  /** As {@link TopicAdmin#appended}. */
  long appended(int partitions, String... names) throws InterruptedException {
    return topics.appended(partitions, names);
  }

  /** Ends the broker in order. Its files stay. Blocks until it has ended. */
  @Override
  public void close() {
    topics.close();
    server.shutdown();
    server.awaitShutdown();
  }
}
