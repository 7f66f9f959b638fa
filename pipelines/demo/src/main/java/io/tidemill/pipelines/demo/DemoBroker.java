package io.tidemill.pipelines.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

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

  private static final Duration LEADERS_WITHIN = Duration.ofSeconds(30);
  private static final long RETRY_MILLIS = 20;

  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private DemoBroker(KafkaRaftServer server, String bootstrapServers) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * Formats the folder and starts a broker in it. Blocks until it answers, some seconds.
   *
   * @param folder is created; must be empty if it exists
   * @throws KafkaException if the broker does not start
   */
  static DemoBroker start(Path folder) {
    Exit.setExitProcedure(DemoBroker::refuseToEndProcess);
    Exit.setHaltProcedure(DemoBroker::refuseToEndProcess);
    int[] ports = freePorts();
    Properties properties = properties(folder.toAbsolutePath(), ports[0], ports[1]);
    format(folder, properties);
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException e) {
      server.shutdown();
      throw new KafkaException(
          "broker in " + folder + " at " + HOST + ":" + ports[0] + " did not start", e);
    }
    return new DemoBroker(server, HOST + ":" + ports[0]);
  }

  /** Where clients connect. */
  String bootstrapServers() {
    return bootstrapServers;
  }

  /**
   * Creates topics whose records carry the time at which the broker appended them. Blocks until
   * each partition can be written.
   *
   * @throws KafkaException if one exists already or cannot be created
   */
  void createTopics(int partitions, String... names) {
    Map<String, String> config = Map.of(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    List<NewTopic> topics =
        List.of(names).stream()
            .map(name -> new NewTopic(name, partitions, (short) 1).configs(config))
            .toList();
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
      admin.createTopics(topics).all().get();
      awaitLeaders(admin, topics);
    } catch (ExecutionException e) {
      throw new KafkaException("topics " + List.of(names) + " were not created", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while topics were created", e);
    }
  }

  /** Ends the broker in order. Its files stay. Blocks until it has ended. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  /**
   * A topic is created before its partitions have a leader. A producer that begins in between can
   * have its second batch accepted and its first refused, and then never gets them into order.
   */
  private static void awaitLeaders(Admin admin, List<NewTopic> topics)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
    for (NewTopic topic : topics) {
      for (int partition = 0; partition < topic.numPartitions(); partition++) {
        partitions.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
      }
    }
    long deadlineNanos = System.nanoTime() + LEADERS_WITHIN.toNanos();
    while (true) {
      try {
        // Only a leader answers. The client asks again while there is none, but not while the
        // broker has not heard of the topic.
        admin.listOffsets(partitions).all().get();
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

  private static Properties properties(Path folder, int clientPort, int controllerPort) {
    Map<String, Object> values = new HashMap<>();
    values.put("process.roles", "broker,controller");
    values.put("node.id", 1);
    values.put("controller.quorum.bootstrap.servers", HOST + ":" + controllerPort);
    values.put("controller.listener.names", "CONTROLLER");
    values.put(
        "listeners",
        "PLAINTEXT://" + HOST + ":" + clientPort + ",CONTROLLER://" + HOST + ":" + controllerPort);
    values.put("inter.broker.listener.name", "PLAINTEXT");
    values.put("log.dirs", folder);
    values.put("auto.create.topics.enable", false);
    values.put("offsets.topic.replication.factor", 1);
    values.put("offsets.topic.num.partitions", 2);
    values.put("transaction.state.log.replication.factor", 1);
    values.put("transaction.state.log.min.isr", 1);
    values.put("transaction.state.log.num.partitions", 4);
    values.put("share.coordinator.state.topic.replication.factor", 1);
    values.put("share.coordinator.state.topic.min.isr", 1);
    values.put("group.initial.rebalance.delay.ms", 0);
    Properties properties = new Properties();
    values.forEach((name, value) -> properties.setProperty(name, value.toString()));
    return properties;
  }

  private static void format(Path folder, Properties properties) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    int status;
    @Nullable RuntimeException cause = null;
    try {
      Files.createDirectories(folder);
      Path file = Files.createTempFile("tidemill-broker", ".properties");
      try (Writer writer = Files.newBufferedWriter(file)) {
        properties.store(writer, null);
        writer.flush();
        status = StorageTool.execute(formatArguments(file), out);
      } catch (RuntimeException e) {
        status = 1;
        cause = e;
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("broker folder: " + folder + " (expected: writable)", e);
    }
    if (status != 0) {
      throw new KafkaException(
          "broker folder: "
              + folder
              + " was not formatted (expected: an empty folder) "
              + said.toString(StandardCharsets.UTF_8).strip(),
          cause);
    }
  }

  private static String[] formatArguments(Path properties) {
    return new String[] {
      "format",
      "--standalone",
      "--cluster-id",
      Uuid.randomUuid().toString(),
      "--config",
      properties.toString()
    };
  }

  private static int[] freePorts() {
    try {
      InetAddress host = InetAddress.getLoopbackAddress();
      try (ServerSocket first = new ServerSocket(0, 1, host);
          ServerSocket second = new ServerSocket(0, 1, host)) {
        return new int[] {first.getLocalPort(), second.getLocalPort()};
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on " + HOST, e);
    }
  }

  private static void refuseToEndProcess(int status, String message) {
    throw new KafkaException("the broker failed with status " + status + ": " + message);
  }
}
