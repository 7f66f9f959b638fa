package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.cli.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jobs with Kafka on a session cluster, exactly once, pair after pair in one TaskManager, every
 * other pair cancelled, and one that fails again and again. The system property {@code
 * tidemill.test.jobs} asks for more of them.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "looks at the TaskManager in /proc")
final class KafkaSessionITCase {
  private static final int JOBS = Integer.getInteger("tidemill.test.jobs", 30);
  // What a process opens once is open after these.
  private static final int WARM = 4;
  private static final int SPARE = 6;
  private static final int SPARE_MEBIBYTES = 64;
  private static final int RECORDS = 100;
  private static final int RESTARTS = 6;
  // Enough for a step to take itself for broken in each run, whatever a checkpoint has counted.
  private static final int RECORDS_WITHOUT_A = 20_000;

  @TempDir Path directory;

  private static String job(ScoringJobs jobs, String name, String input) throws IOException {
    return job(jobs, name, input, "scan.bounded.mode: latest-offset");
  }

  private static String job(ScoringJobs jobs, String name, String input, String source)
      throws IOException {
    return jobs.write(
            name,
            input,
            source,
            "execution.checkpointing.interval: 300ms, restart-strategy.type: fixed-delay, "
                + "restart-strategy.fixed-delay.attempts: %d, ".formatted(RESTARTS)
                + "restart-strategy.fixed-delay.delay: 100ms")
        .toString();
  }

  @Test
  @Timeout(value = 40, unit = TimeUnit.MINUTES)
  void jobsAndRestartsLeaveNoThreadNoHandleNoClassLoaderAndNoMemoryInTheTaskManager()
      throws Exception {
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"));
        ScoringJobs jobs =
            new ScoringJobs(directory, broker.bootstrapServers(), 1, "in", "broken");
        ProcessCluster cluster =
            jobs.cluster(
                """
                taskmanager.slot.timeout: 10 s
                rest.cache.execution-graph.timeout: 100 ms
                """)) {
      for (int id = 0; id < RECORDS; id++) {
        jobs.send("in", id, ScoringJobs.sound(id));
      }
      for (int id = 0; id < RECORDS_WITHOUT_A; id++) {
        jobs.send("broken", id, ScoringJobs.withoutA(id));
      }
      jobs.flush();
      String jar = cluster.upload(ProcessCluster.jobJar(directory.resolve("job.jar")));
      List<String> pair = List.of(job(jobs, "first", "in"), job(jobs, "second", "in"));
      List<String> endless = List.of(job(jobs, "third", "in", ""), job(jobs, "fourth", "in", ""));
      String broken = job(jobs, "broken", "broken");
      for (int i = 0; i < WARM; i += pair.size()) {
        run(cluster, jar, pair, "FINISHED");
      }
      long threads = cluster.taskManagerHas("task");
      long handles = cluster.taskManagerHas("fd");
      long memory = cluster.taskManagerMemory();

      for (int i = WARM; i < JOBS; i += pair.size()) {
        if (i / pair.size() % 2 == 0) {
          run(cluster, jar, pair, "FINISHED");
        } else {
          for (String id : run(cluster, jar, endless, "RUNNING")) {
            cluster.cancel(id);
          }
        }
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
      cluster.await(() -> cluster.taskManagerMemory() < memory + SPARE_MEBIBYTES);
    }
  }

  /** Runs jobs together until all of them are in this state; answers their ids. */
  private static List<String> run(
      ProcessCluster cluster, String jar, List<String> jobs, String state) throws Exception {
    List<String> ids = new ArrayList<>();
    for (String job : jobs) {
      // No JobManager is killed here.
      ids.add(cluster.run(jar, ClusterJob.class, job, "--allow-doubles"));
    }
    for (String id : ids) {
      cluster.await(() -> cluster.state(id).equals(state));
    }
    return ids;
  }
}
