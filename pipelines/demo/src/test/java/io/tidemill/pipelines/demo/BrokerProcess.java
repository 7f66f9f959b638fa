package io.tidemill.pipelines.demo;

import io.tidemill.model.OtherProcess;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import kafka.Kafka;
import org.apache.kafka.clients.admin.Admin;

/** A broker in a process of its own, which can be killed and started anew on its files. */
final class BrokerProcess implements AutoCloseable {
  private final Path properties;
  private static final Duration START = Duration.ofMinutes(4);

  private final Path log;
  private final String bootstrapServers;
  private Process process;

  /** Starts it; does not wait until it answers. */
  BrokerProcess(Path folder) throws IOException {
    Path data = folder.toAbsolutePath().resolve("data");
    List<String> addresses = DemoBroker.freeAddresses();
    bootstrapServers = addresses.get(0);
    DemoBroker.format(data.toString());
    properties = folder.resolve("server.properties");
    log = folder.resolve("broker.log");
    Properties options = new Properties();
    DemoBroker.options(data, addresses)
        .forEach((name, value) -> options.setProperty(name, String.valueOf(value)));
    try (Writer out = Files.newBufferedWriter(properties)) {
      options.store(out, null);
    }
    process = start();
  }

  private Process start() throws IOException {
    return OtherProcess.of(Kafka.class, properties)
        .builder("384m")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** Waits until it answers, as its first start takes long on a machine that does much else. */
  void awaitAnswer() throws Exception {
    long deadlineNanos = System.nanoTime() + START.toNanos();
    while (true) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
        admin.describeCluster().nodes().get();
        return;
      } catch (ExecutionException notYet) {
        if (System.nanoTime() - deadlineNanos > 0) {
          throw notYet;
        }
      }
    }
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  /** As it is now. */
  Process process() {
    return process;
  }

  /** Starts it anew if it has ended. */
  void revive() throws IOException {
    if (!process.isAlive()) {
      process = start();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
