package io.tidemill.pipelines.demo;

import io.tidemill.model.OtherProcess;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import kafka.Kafka;

/** A broker in a process of its own, which can be killed and started anew on its files. */
final class BrokerProcess implements AutoCloseable {
  private final Path properties;
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
