package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes of {@code tidemill run} that are ended at seeded moments of the flow: the first by
 * Ctrl-C, the last by {@code tidemill stop}, and all others are killed. They read from the offsets
 * of their group, which the broker commits apart from what they publish. The last has less
 * parallelism, where those that read committed records would see nothing while a transaction of the
 * killed one stayed open. The system property {@code tidemill.test.kills} asks for more than a
 * build has time for.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "sends signals by 'kill'")
final class KillITCase {
  private static final int KILLS = Integer.getInteger("tidemill.test.kills", 3);
  private static final long SEED = Long.getLong("tidemill.test.seed", 20_261_128);
  private static final int PARTITIONS = 4;
  private static final int PORTION = 20_000;
  private static final int INTERRUPTED = 130;

  /** Less than what the broker gives a transaction that nobody ends. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path directory;

  private Process command(ScoringJobs jobs, String name, String log, String... more)
      throws IOException {
    List<String> words =
        new ArrayList<>(List.of(name, directory.resolve("adding.yaml").toString()));
    words.addAll(List.of(more));
    return jobs.command(directory.resolve(log), Map.of(), words.toArray(String[]::new));
  }

  /**
   * Without a state to go on from, a run that begins with the offsets of its group has to say so.
   */
  private Process run(ScoringJobs jobs, int kill) throws IOException {
    return command(
        jobs, "run", "run-" + kill + ".log", kill == 0 ? new String[] {"--fresh"} : new String[0]);
  }

  private static void writeJob(ScoringJobs jobs, int parallelism) throws IOException {
    Path job =
        jobs.write(
            "adding",
            "in",
            "properties.group.id: adding\nproperties.auto.offset.reset: earliest",
            "execution.checkpointing.interval: 250ms, parallelism.default: " + parallelism);
    Files.writeString(job, Files.readString(job).replace("earliest-offset", "group-offsets"));
  }

  private static void write(ScoringJobs jobs, int from, int to) {
    for (int id = from; id < to; id++) {
      jobs.send("in", id, ScoringJobs.sound(id));
    }
    jobs.flush();
  }

  @Test
  @Timeout(value = 60 * 60, unit = TimeUnit.SECONDS)
  void everyRecordIsVisibleOnceHoweverOftenTheRunIsKilled() throws Exception {
    Random random = new Random(SEED);
    int records = PORTION * (KILLS + 1);
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"));
        ScoringJobs jobs = new ScoringJobs(directory, broker.bootstrapServers(), PARTITIONS, "in");
        Account account = jobs.account()) {
      writeJob(jobs, PARTITIONS);
      for (int kill = 0; kill < KILLS; kill++) {
        write(jobs, kill * PORTION, (kill + 1) * PORTION);
        long target = broker.appended(PARTITIONS, "out") + random.nextInt(PORTION);
        Process run = run(jobs, kill);
        while (broker.appended(PARTITIONS, "out") < target) {
          if (run.waitFor(5, TimeUnit.MILLISECONDS)) {
            // A broker on a busy machine may answer too late for the look before the start.
            assertThat(log("run-" + kill + ".log")).contains("no Kafka broker answers");
            run = run(jobs, kill);
          }
        }
        // Somewhere between two checkpoints, or in one.
        assertThat(run.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS)).isFalse();
        if (kill == 0) {
          assertThat(Site.signal("INT", run)).isTrue();
          assertThat(run.waitFor()).as(this::logs).isEqualTo(INTERRUPTED);
        } else {
          Site.kill(run);
        }
      }
      write(jobs, KILLS * PORTION, records);
      writeJob(jobs, 1);
      Process last = command(jobs, "run", "last.log");
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (account.missing(records) > 0 && System.nanoTime() < deadline) {
        assertThat(last.isAlive()).as(this::logs).isTrue();
        account.read();
      }
      assertThat(command(jobs, "run", "twice.log").waitFor()).as(this::logs).isEqualTo(2);
      Process stop =
          jobs.command(directory.resolve("stop.log"), Map.of(), "stop", "adding", "--savepoint");
      assertThat(stop.waitFor()).as(this::logs).isZero();
      assertThat(last.waitFor()).as(this::logs).isZero();
      account.readAll();

      assertThat(account.missing(records)).as(this::logs).isZero();
      assertThat(account.doubled(records)).as(this::logs).isZero();
      assertThat(account.wrong()).as(this::logs).isEmpty();
    }

    String next = "adding has stopped; the next run begins with checkpoint ";
    assertThat(log("run-0.log")).contains("adding begins anew, as asked for", next);
    assertThat(log("last.log"))
        .containsPattern("adding begins with checkpoint \\d+ of run [1-9]")
        .contains(next)
        .containsPattern("(?m)^predictions +[1-9][0-9,]*$");
    // TensorFlow has looked for a GPU, which a job on the CPU needs as little as a word about it.
    assertThat(logs()).doesNotContain("CudaUtils");
    assertThat(log("twice.log")).contains("job 'adding' runs already: process ");
    assertThat(log("stop.log"))
        .containsPattern(next + "\\d+ of run \\d+, \\S+/run-\\d+/savepoint-");
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
