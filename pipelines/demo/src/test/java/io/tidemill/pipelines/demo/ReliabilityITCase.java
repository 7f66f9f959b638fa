package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job under load, and what happens to clusters: at seeded moments processes are killed or stand
 * still, topics, stores and disks fail. After each every record is visible exactly once, as its
 * dead letter or with the model's own answer. The system property {@code tidemill.test.faults} asks
 * for more than a build has time for, and {@code tidemill.test.volume} names a small volume for
 * checkpoints, which is then filled up; docs/reliability.md has the command.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "sends signals by 'kill'")
final class ReliabilityITCase {
  private static final int FAULTS = Integer.getInteger("tidemill.test.faults", 3);
  private static final long SEED = Long.getLong("tidemill.test.seed", 20_261_130);

  /** As long as a small volume is one. */
  private static final long SMALL = 1L << 30;

  private static final int MOMENTS_MILLIS = 3_000;
  private static final Duration STILL = Duration.ofSeconds(15);
  private static final Duration GONE = Duration.ofSeconds(10);

  @TempDir Path directory;

  private interface Blow {
    void strike(Site site, Random random) throws Exception;
  }

  private enum Fault {
    TASK_MANAGER_KILLED(
        "kill -9 of a TaskManager", (site, random) -> Site.kill(site.anyTaskManager(random))),
    JOB_MANAGER_KILLED("kill -9 of the JobManager", (site, random) -> Site.kill(site.jobManager())),
    BROKER_KILLED("kill -9 of the broker", (site, random) -> Site.kill(site.broker())),
    TASK_MANAGER_STOPPED(
        "a TaskManager stands still for 15 s",
        (site, random) -> site.stop(site.anyTaskManager(random), STILL)),
    JOB_MANAGER_STOPPED(
        "the JobManager stands still for 15 s",
        (site, random) -> site.stop(site.jobManager(), STILL)),
    BROKER_STOPPED(
        "the broker stands still for 15 s", (site, random) -> site.stop(site.broker(), STILL)),
    RESCALED(
        "stop with savepoint, 2 → 1 → 2 subtasks",
        (site, random) -> {
          site.rescale(1);
          site.rescale(2);
        }),
    DEAD_LETTERS_GONE(
        "no dead-letter topic for 10 s", (site, random) -> site.withoutDeadLetters(GONE)),
    STORE_GONE(
        "no model store, and kill -9 of a TaskManager",
        (site, random) -> site.withoutStore(site.anyTaskManager(random))),
    DISK_FULL("no room for checkpoints for 10 s", (site, random) -> site.withoutRoom(GONE));

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // They are words without state.
    private final Blow blow;

    Fault(String title, Blow blow) {
      this.title = title;
      this.blow = blow;
    }
  }

  /** The kills first, and then all that can be done here, in an order of the seed. */
  private static List<Fault> faults(Random random, boolean volume) {
    List<Fault> faults =
        new ArrayList<>(
            List.of(Fault.TASK_MANAGER_KILLED, Fault.JOB_MANAGER_KILLED, Fault.BROKER_KILLED));
    EnumSet<Fault> all = EnumSet.allOf(Fault.class);
    if (!volume) {
      all.remove(Fault.DISK_FULL);
    }
    while (faults.size() < FAULTS) {
      List<Fault> round = new ArrayList<>(all);
      Collections.shuffle(round, random);
      faults.addAll(round);
    }
    return faults.subList(0, FAULTS);
  }

  /** Where checkpoints are: on the small volume if there is one. */
  private Path state(String volume) throws Exception {
    if (volume.isEmpty()) {
      return Files.createDirectories(directory.resolve("state"));
    }
    FileStore store = Files.getFileStore(Path.of(volume));
    assertThat(store.getTotalSpace())
        .as("the volume of %s, which is filled", volume)
        .isLessThan(SMALL);
    return Files.createTempDirectory(Path.of(volume), "state");
  }

  @Test
  void everyFaultIsOnThePage() throws IOException {
    List<String> rows =
        Files.readAllLines(Path.of("../../docs/reliability.md")).stream()
            .filter(line -> line.matches("\\| .* \\| (\\d+|not run) \\|.*"))
            .map(line -> line.split("\\|")[1].strip())
            .toList();

    assertThat(rows)
        .containsExactlyElementsOf(Stream.of(Fault.values()).map(f -> f.title).toList());
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.HOURS)
  void everyRecordIsVisibleOnceAsTheModelAnswersWhateverFails() throws Exception {
    Random random = new Random(SEED);
    String volume = System.getProperty("tidemill.test.volume", "");
    Map<Fault, List<Duration>> silences = new EnumMap<>(Fault.class);
    try (Site site = new Site(directory, state(volume))) {
      for (Fault fault : faults(random, !volume.isEmpty())) {
        site.look(Duration.ofMillis(random.nextInt(MOMENTS_MILLIS)));
        int outOfOrder = site.report().outOfOrder();
        site.beginSilence();

        fault.blow.strike(site, random);
        site.settle();

        Site.Report report = site.report();
        silences.computeIfAbsent(fault, none -> new ArrayList<>()).add(report.silence());
        Files.writeString(Path.of("target/reliability.md"), table(silences, report));
        assertThat(report.doubled()).isZero();
        assertThat(report.wrong()).isEmpty();
        if (fault != Fault.RESCALED) {
          assertThat(report.outOfOrder()).as("%s: %s", fault.title, report).isEqualTo(outOfOrder);
        }
      }
      site.end();

      Site.Report report = site.report();
      Files.writeString(Path.of("target/reliability.md"), table(silences, report));
      assertThat(report.lost()).isZero();
      assertThat(report.doubled()).isZero();
      assertThat(report.wrong()).isEmpty();
      assertThat(report.deadLetters()).isEqualTo(site.broken());
    }
  }

  private static String table(Map<Fault, List<Duration>> silences, Site.Report report) {
    return "| Fault | Times | Seconds without a new prediction |\n|---|---|---|\n"
        + silences.entrySet().stream()
            .map(
                entry ->
                    "| %s | %d | %s |\n"
                        .formatted(
                            entry.getKey().title,
                            entry.getValue().size(),
                            entry.getValue().stream()
                                .sorted()
                                .map(time -> "%.1f".formatted(time.toMillis() / 1000.0))
                                .collect(Collectors.joining(", "))))
            .collect(Collectors.joining())
        + "\n%,d records, of which %,d became dead letters: %d not visible, %d doubled, %d wrong, %d out of order\n"
            .formatted(
                report.records(),
                report.deadLetters(),
                report.lost(),
                report.doubled(),
                report.wrong().size(),
                report.outOfOrder());
  }
}
