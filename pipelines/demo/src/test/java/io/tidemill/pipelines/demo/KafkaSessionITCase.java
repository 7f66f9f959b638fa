package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.cli.SessionCluster;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jobs with Kafka on a session cluster, exactly once, one after the other in one TaskManager. The
 * system property {@code tidemill.test.jobs} asks for more than a build has time for.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "looks at the TaskManager in /proc")
final class KafkaSessionITCase {
  private static final int JOBS = Integer.getInteger("tidemill.test.jobs", 10);
  // What a process opens once is open after these.
  private static final int WARM = 4;
  private static final int SPARE = 6;
  private static final int RECORDS = 100;

  @TempDir Path directory;

  private String job(String bootstrapServers) throws IOException {
    return Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: adding
            source:
              connector: kafka
              topic: in
              properties.bootstrap.servers: %s
              scan.startup.mode: earliest-offset
              scan.bounded.mode: latest-offset
              format: json
              columns: { a: DOUBLE, b: FLOAT }
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
            flink: { execution.checkpointing.interval: 300ms }
            """
                .formatted(bootstrapServers))
        .toString();
  }

  @Test
  @Timeout(value = 40, unit = TimeUnit.MINUTES)
  void jobsOneAfterTheOtherLeaveNoThreadNoHandleAndNoClassLoaderInTheTaskManager()
      throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"));
        SessionCluster cluster =
            new SessionCluster(
                directory,
                SessionCluster.classPathWithout(List.of("/pipelines/")),
                "taskmanager.slot.timeout: 10 s\n")) {
      broker.createTopics(1, "in", "out", "dead");
      write(broker.bootstrapServers());
      String jar = cluster.upload(SessionCluster.jobJar(directory.resolve("job.jar")));
      String job = job(broker.bootstrapServers());
      for (int i = 0; i < WARM; i++) {
        run(cluster, jar, job);
      }
      long threads = cluster.taskManagerHas("task");
      long handles = cluster.taskManagerHas("fd");

      for (int i = WARM; i < JOBS; i++) {
        run(cluster, jar, job);
      }

      cluster.await(() -> cluster.userClassLoaders() <= WARM);
      // What the last job leaves may end a little later than the job.
      cluster.await(() -> cluster.taskManagerHas("task") < threads + SPARE);
      cluster.await(() -> cluster.taskManagerHas("fd") < handles + SPARE);
    }
  }

  private static void write(String bootstrapServers) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < RECORDS; i++) {
        byte[] value = "{\"a\": %d, \"b\": 2}".formatted(i).getBytes(UTF_8);
        var unused = producer.send(new ProducerRecord<>("in", value));
      }
    }
  }

  private void run(SessionCluster cluster, String jar, String job) throws Exception {
    String id = cluster.run(jar, ClusterJob.class, job, "--store", new Jobs(directory).store());
    cluster.await(() -> cluster.state(id).equals("FINISHED"));
  }
}
