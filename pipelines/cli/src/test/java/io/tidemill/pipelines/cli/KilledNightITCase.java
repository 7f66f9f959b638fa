package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.OtherProcess;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes of {@code tidemill run --date} that are killed at seeded moments, and a reader beside
 * them. The system property {@code tidemill.test.kills} asks for more than a build has time for.
 */
class KilledNightITCase {
  private static final int KILLS = Integer.getInteger("tidemill.test.kills", 2);
  private static final long SEED = Long.getLong("tidemill.test.seed", 20_261_130);
  private static final int ROWS = 2_000;
  private static final int DEAD = 7;

  /** The id of a prediction, and with it the night whose input it was. */
  private static final String ID = "{\"id\":\"%d-%d\"";

  @TempDir private Path directory;
  private Path out = Path.of("");

  /** What a night has come to when it is killed a moment later. */
  private enum Sign {
    STAGED,
    REPLACED,
    RUNNING
  }

  @Test
  @Timeout(value = 60 * 60, unit = TimeUnit.SECONDS)
  void whatIsKilledIsPublishedOnceAndWholeByTheNextRunAndNoReaderSeesAPart() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    out = directory.resolve("out/dt=2026-11-21");
    Path job = job();
    Random random = new Random(SEED);
    int killed = 0;
    for (int night = 1; night <= KILLS; night++) {
      input(night);
      Path log = directory.resolve("run-%d.log".formatted(night));
      Sign sign = Sign.values()[(night - 1) % Sign.values().length];
      long delayNanos = TimeUnit.MILLISECONDS.toNanos(random.nextInt(300));
      String moment = "seed %d, night %d, %s + %d ns".formatted(SEED, night, sign, delayNanos);
      Object before = key();
      Process run = start(job, log);
      while (!hasCome(sign, before, log) && !run.waitFor(1, TimeUnit.MILLISECONDS)) {
        readsWhole(night, moment);
      }
      long end = System.nanoTime() + delayNanos;
      while (System.nanoTime() < end && !run.waitFor(1, TimeUnit.MILLISECONDS)) {
        readsWhole(night, moment);
      }
      killed += run.isAlive() ? 1 : 0;
      run.destroyForcibly().waitFor();
      readsWhole(night, moment);

      CommandRun next = run(job);

      assertThat(next.exitCode())
          .as(moment + next.err() + Files.readString(log))
          .isEqualTo(ExitCode.DONE);
      assertThat(ids(out)).as(moment).containsExactlyInAnyOrderElementsOf(ids(night, DEAD, ROWS));
      assertThat(lines(directory.resolve("dead/dt=2026-11-21"))).as(moment).hasSize(DEAD);
      assertThat(lines(directory.resolve("out/_tidemill"))).as(moment).isEmpty();
      assertThat(run(job).out()).as(moment).contains("nothing to do");
    }
    assertThat(killed).as("nights that were killed before they ended").isPositive();
  }

  private void input(int night) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("in/dt=2026-11-21"));
    Files.write(
        folder.resolve("a.json"),
        IntStream.range(0, ROWS)
            .mapToObj(
                i ->
                    ID.formatted(night, i)
                        + ",\"a\":%d,\"b\":%s}".formatted(i, i < DEAD ? null : 2))
            .toList());
  }

  private Path job() throws IOException {
    return Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: adding
        mode: batch
        source:
          connector: filesystem
          path: in/dt={{ ds }}
          format: json
          columns: { id: STRING, a: DOUBLE, b: FLOAT }
        steps:
          - id: first
            model: adder:1.0.0
            input: { left: a, right: b }
            output: { sum: total }
            resources: { device: cpu }
        sink: { connector: filesystem, path: 'out/dt={{ ds }}', format: json }
        dead-letter: { connector: filesystem, path: 'dead/dt={{ ds }}', format: json }
        """);
  }

  private Process start(Path job, Path log) throws IOException {
    ProcessBuilder process =
        OtherProcess.of(
                Tidemill.class,
                "run",
                job,
                "--date",
                "2026-11-21",
                "--store",
                new Jobs(directory).store())
            .builder("512m");
    process.command().addAll(1, List.of(Version.opens().split(" ")));
    return process.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  private CommandRun run(Path job) {
    return CommandRun.of(
        Map.of(),
        "run",
        job.toString(),
        "--date",
        "2026-11-21",
        "--store",
        new Jobs(directory).store());
  }

  private boolean hasCome(Sign sign, @Nullable Object before, Path log) throws IOException {
    return switch (sign) {
      case STAGED -> stagesSome();
      case REPLACED -> {
        Object now = key();
        yield now == null ? before != null : !now.equals(before);
      }
      case RUNNING -> Files.readString(log).contains("adding for 2026-11-21 runs with");
    };
  }

  private boolean stagesSome() throws IOException {
    try {
      return !lines(directory.resolve("out/_tidemill")).isEmpty();
    } catch (NoSuchFileException | UncheckedIOException moved) {
      return true;
    }
  }

  /** Which folder readers find, as one takes the place of another; null for none. */
  private @Nullable Object key() throws IOException {
    try {
      return Files.readAttributes(out, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException none) {
      return null;
    }
  }

  /** Looks as a reader does that begins where {@code _SUCCESS} is. */
  private void readsWhole(int night, String moment) throws IOException {
    Object before = key();
    if (before == null || !Files.exists(out.resolve("_SUCCESS"))) {
      return;
    }
    List<String> seen;
    try {
      seen = ids(out);
    } catch (NoSuchFileException | UncheckedIOException replaced) {
      assertThat(key()).as(moment).isNotEqualTo(before);
      return;
    }
    if (before.equals(key()) && Files.exists(out.resolve("_SUCCESS"))) {
      String first = seen.isEmpty() ? "" : seen.get(0);
      int of = first.startsWith(night + "-") ? night : night - 1;
      assertThat(seen).as(moment).containsExactlyInAnyOrderElementsOf(ids(of, DEAD, ROWS));
    }
  }

  private static List<String> ids(int night, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> night + "-" + i).toList();
  }

  private static List<String> ids(Path folder) throws IOException {
    return lines(folder).stream().map(line -> line.split("\"", 5)[3]).toList();
  }

  /** Of all files of records in it, and in the folders in it. */
  private static List<String> lines(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.getFileName().toString().contains("part-"))
          .flatMap(KilledNightITCase::linesOf)
          .toList();
    }
  }

  private static Stream<String> linesOf(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
