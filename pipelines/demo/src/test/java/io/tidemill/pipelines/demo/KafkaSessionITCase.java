package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.cli.SessionCluster;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * Jobs with Kafka on a session cluster, exactly once, pair after pair in one TaskManager, and one
 * that fails again and again. The system property {@code tidemill.test.jobs} asks for more of them.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "looks at the TaskManager in /proc")
final class KafkaSessionITCase {
  private static final int JOBS = Integer.getInteger("tidemill.test.jobs", 30);
  // What a process opens once is open after these.
  private static final int WARM = 4;
  private static final int SPARE = 6;
  private static final int RECORDS = 100;
  private static final int RESTARTS = 6;
  // Enough for a step to take itself for broken in each run, whatever a checkpoint has counted.
  private static final int RECORDS_WITHOUT_A = 20_000;

  @TempDir Path directory;

  private String job(String name, String input, String servers) throws IOException {
    return Files.writeString(
            directory.resolve(name + ".yaml"),
            """
            name: %1$s
            source:
              connector: kafka
              topic: %2$s
              properties.bootstrap.servers: %3$s
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
            flink:
              execution.checkpointing.interval: 300ms
              restart-strategy.type: fixed-delay
              restart-strategy.fixed-delay.attempts: %4$d
              restart-strategy.fixed-delay.delay: 100ms
            """
                .formatted(name, input, servers, RESTARTS))
        .toString();
  }

  @Test
  @Timeout(value = 40, unit = TimeUnit.MINUTES)
  void jobsAndRestartsLeaveNoThreadNoHandleAndNoClassLoaderInTheTaskManager() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"));
        SessionCluster cluster =
            new SessionCluster(
                directory,
                SessionCluster.classPathWithout(List.of("/pipelines/")),
                "taskmanager.slot.timeout: 10 s\n")) {
      broker.createTopics(1, "in", "broken", "out", "dead");
      String servers = broker.bootstrapServers();
      write(servers, "in", RECORDS, "{\"a\": 1, \"b\": 2}");
      write(servers, "broken", RECORDS_WITHOUT_A, "{\"b\": 2}");
      String jar = cluster.upload(SessionCluster.jobJar(directory.resolve("job.jar")));
      List<String> pair = List.of(job("adding", "in", servers), job("summing", "in", servers));
      String broken = job("broken", "broken", servers);
      for (int i = 0; i < WARM; i += pair.size()) {
        run(cluster, jar, pair, "FINISHED");
      }
      long threads = cluster.taskManagerHas("task");
      long handles = cluster.taskManagerHas("fd");

      for (int i = WARM; i < JOBS; i += pair.size()) {
        run(cluster, jar, pair, "FINISHED");
      }
      String failed = run(cluster, jar, List.of(broken), "FAILED").get(0);

      assertThat(cluster.failures(failed)).isEqualTo(RESTARTS + 1);
      cluster.await(() -> cluster.userClassLoaders() <= WARM);
      // Flink's own sinks register these twice, each in the group of one operator.
      assertThat(
              cluster.logged(
                  "Name collision(?!.*'currentSendTime'.*(sink|dead-letter): Writer,"
                      + "|.*'pendingCommittables'.*(sink|dead-letter): Committer,)"))
          .isZero();
      // What the last job leaves may end a little later than the job.
      cluster.await(() -> cluster.taskManagerHas("task") < threads + SPARE);
      cluster.await(() -> cluster.taskManagerHas("fd") < handles + SPARE);
    }
  }

  private static void write(String servers, String topic, int records, String value) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < records; i++) {
        var unused = producer.send(new ProducerRecord<>(topic, value.getBytes(UTF_8)));
      }
    }
  }

  /** Runs jobs together until all of them have ended as expected; answers their ids. */
  private List<String> run(SessionCluster cluster, String jar, List<String> jobs, String end)
      throws Exception {
    List<String> ids = new ArrayList<>();
    for (String job : jobs) {
      // No JobManager is killed here.
      ids.add(
          cluster.run(
              jar,
              ClusterJob.class,
              job,
              "--store",
              new Jobs(directory).store(),
              "--allow-doubles"));
    }
    for (String id : ids) {
      cluster.await(() -> cluster.state(id).equals(end));
    }
    return ids;
  }
}
