package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.cli.Tidemill;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes of {@code tidemill run} that are ended at seeded moments of the flow: the first and the
 * last are told to end, and all others are killed. The last has less parallelism, where those that
 * read committed records would see nothing while a transaction of the killed one stayed open. The
 * system property {@code tidemill.test.kills} asks for more than a build has time for.
 */
final class KillITCase {
  private static final int KILLS = Integer.getInteger("tidemill.test.kills", 3);
  private static final long SEED = Long.getLong("tidemill.test.seed", 20_261_128);
  private static final int PARTITIONS = 4;
  private static final int PORTION = 20_000;

  /** Less than what the broker gives a transaction that nobody ends. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  private void writeJob(String bootstrapServers, int parallelism) throws IOException {
    Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: adding
        store: %s
        source:
          connector: kafka
          topic: in
          properties.bootstrap.servers: %s
          properties.group.id: adding
          scan.startup.mode: earliest-offset
          format: json
          columns: { id: INT, a: DOUBLE, b: FLOAT }
        steps:
          - id: add
            model: adder:1.0.0
            input: { left: a, right: b }
            output: { sum: total }
            resources: { device: cpu }
        sink:
          connector: kafka
          topic: out
          format: json
          sink.delivery-guarantee: exactly-once
        dead-letter: { connector: kafka, topic: dead }
        flink: { execution.checkpointing.interval: 250ms, parallelism.default: %d }
        """
            .formatted(new Jobs(directory).store(), bootstrapServers, parallelism));
  }

  private Process command(String name, String log) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(ProcessHandle.current().info().command().orElseThrow());
    // The doors that Flink and Arrow need are the test's own.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(words::add);
    words.addAll(
        List.of(
            "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:MetaspaceSize=256m"));
    // What users see is what the script logs.
    words.add(
        "-Dlog4j.configurationFile="
            + Path.of("../cli/conf/log4j2.properties").toAbsolutePath().normalize());
    words.add("-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")));
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Tidemill.class.getName()));
    words.addAll(List.of(name, directory.resolve("job.yaml").toString()));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(log).toFile());
    builder.environment().put("TIDEMILL_CACHE", directory.resolve("cache").toString());
    return builder.start();
  }

  private static void write(KafkaProducer<byte[], byte[]> producer, int from, int to) {
    for (int i = from; i < to; i++) {
      byte[] value = "{\"id\": %1$d, \"a\": %1$d, \"b\": 2}".formatted(i).getBytes(UTF_8);
      var unused = producer.send(new ProducerRecord<>("in", i % PARTITIONS, null, value));
    }
    producer.flush();
  }

  /** Counts by id what became visible since the last call. */
  private static void count(KafkaConsumer<byte[], byte[]> consumer, int[] seen) throws IOException {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        seen[JSON.readTree(record.value()).get("id").asInt()]++;
      }
    }
  }

  @Test
  @Timeout(value = 60 * 60, unit = TimeUnit.SECONDS)
  void everyRecordIsVisibleOnceHoweverOftenTheRunIsKilled() throws Exception {
    Random random = new Random(SEED);
    int[] seen = new int[PORTION * (KILLS + 1)];
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"));
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                Map.of(
                    "bootstrap.servers",
                    broker.bootstrapServers(),
                    "isolation.level",
                    "read_committed",
                    "max.poll.records",
                    10_000),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
      broker.createTopics(PARTITIONS, "in", "out", "dead");
      writeJob(broker.bootstrapServers(), PARTITIONS);
      Path model = Files.createDirectories(directory.resolve("saved"));
      new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
      for (int kill = 0; kill < KILLS; kill++) {
        write(producer, kill * PORTION, (kill + 1) * PORTION);
        long target = broker.appended(PARTITIONS, "out") + random.nextInt(PORTION);
        Process run = command("run", "run-" + kill + ".log");
        while (broker.appended(PARTITIONS, "out") < target) {
          if (run.waitFor(5, TimeUnit.MILLISECONDS)) {
            // A broker on a busy machine may answer too late for the look before the start.
            assertThat(log("run-" + kill + ".log")).contains("no Kafka broker answers");
            run = command("run", "run-" + kill + ".log");
          }
        }
        // Somewhere between two checkpoints, or in one.
        assertThat(run.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS)).isFalse();
        if (kill == 0) {
          run.destroy();
        } else {
          run.destroyForcibly();
        }
        run.waitFor();
      }
      write(producer, KILLS * PORTION, seen.length);
      consumer.assign(
          IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition("out", i)).toList());
      consumer.seekToBeginning(consumer.assignment());
      writeJob(broker.bootstrapServers(), 1);
      Process last = command("run", "last.log");
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (IntStream.of(seen).anyMatch(times -> times == 0) && System.nanoTime() < deadline) {
        assertThat(last.waitFor(50, TimeUnit.MILLISECONDS)).as(this::logs).isFalse();
        count(consumer, seen);
      }
      assertThat(command("run", "twice.log").waitFor()).as(this::logs).isEqualTo(2);
      assertThat(command("stop", "stop.log").waitFor()).as(this::logs).isZero();
      assertThat(last.waitFor()).as(this::logs).isZero();
      count(consumer, seen);
    }

    String next = "adding has stopped; the next run begins with checkpoint ";
    assertThat(log("run-0.log")).contains("adding begins anew: no earlier state in ", next);
    assertThat(log("last.log"))
        .containsPattern("adding begins with checkpoint \\d+ of run [1-9]")
        .contains(next)
        .containsPattern("(?m)^predictions +[1-9][0-9,]*$");
    // TensorFlow has looked for a GPU, which a job on the CPU needs as little as a word about it.
    assertThat(logs()).doesNotContain("CudaUtils");
    assertThat(log("twice.log")).contains("job 'adding' runs already: process ");
    assertThat(log("stop.log")).contains(next);
    assertThat(IntStream.of(seen).filter(times -> times == 0).count()).as(this::logs).isZero();
    assertThat(IntStream.of(seen).filter(times -> times > 1).count()).as(this::logs).isZero();
  }

  private String log(String name) throws IOException {
    return Files.readString(directory.resolve(name));
  }

  private String logs() {
    StringBuilder logs = new StringBuilder("seed " + SEED);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".log")).sorted().toList()) {
        logs.append("\n").append(file.getFileName()).append(":\n").append(Files.readString(file));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return logs.toString();
  }
}
