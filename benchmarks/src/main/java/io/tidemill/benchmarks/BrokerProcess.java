package io.tidemill.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.kafka.EmbeddedKafka;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A broker in a process of its own, with a topic of records. Ends when it is closed. */
final class BrokerProcess implements AutoCloseable {
  static final String TOPIC = "records";
  static final int PARTITIONS = 4;

  private static final String READY = "ready ";
  private static final int END_SECONDS = 20;

  private final Process process;
  private final String bootstrapServers;

  private BrokerProcess(Process process, String bootstrapServers) {
    this.process = process;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * Starts a broker and writes the records. Blocks until they are there.
   *
   * @param folder of the broker's files
   * @throws IllegalStateException with what the process printed, if it does not start
   */
  static BrokerProcess start(Path folder, int records) throws IOException {
    Path log = folder.resolve("broker.log");
    List<String> command =
        new JavaProgram(BrokerProcess.class, List.of(Integer.toString(records)))
            .command(List.of("-Xmx512m"));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(log.toFile()).start();
    // Not closed: the process must be able to print.
    BufferedReader said = process.inputReader(UTF_8);
    String line = said.readLine();
    while (line != null && !line.startsWith(READY)) {
      line = said.readLine();
    }
    if (line == null) {
      throw new IllegalStateException(
          "broker: did not start; it printed:\n" + Files.readString(log));
    }
    return new BrokerProcess(process, line.substring(READY.length()));
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.waitFor(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }

  /** The other process: lives until its standard input ends. */
  public static void main(String[] records) throws IOException {
    Map<String, String> options =
        Map.of(
            "offsets.topic.num.partitions", "2",
            "transaction.state.log.num.partitions", "4",
            "log.segment.delete.delay.ms", "1000");
    try (EmbeddedKafka kafka = EmbeddedKafka.start(options)) {
      kafka.createTopic(TOPIC, PARTITIONS);
      KafkaRecords.write(kafka.bootstrapServers(), TOPIC, Integer.parseInt(records[0]));
      System.out.println(READY + kafka.bootstrapServers());
      int read = 0;
      while (read >= 0) {
        read = System.in.read();
      }
    }
    System.exit(0);
  }
}
