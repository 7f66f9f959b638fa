package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run that is killed before any of its calls to the file system. Its tests share no folder, and
 * nothing else is built while they run.
 */
@Execution(ExecutionMode.CONCURRENT)
class CrashTest {
  private static final String OLD = "old";
  private static final String NEW = "new";

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void showsAllOrNothingAndIsFinishedByTheNext(boolean movesAtOnce) throws Exception {
    int calls = 1;
    while (!survives(movesAtOnce, calls)) {
      calls++;
    }
    // Every step of it was cut off.
    assertThat(calls).isGreaterThan(60);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void publishesWhatIsHeldWholeAndLosesNothingOfIt(boolean movesAtOnce) throws Exception {
    int calls = 1;
    while (!publishSurvives(movesAtOnce, calls)) {
      calls++;
    }
    assertThat(calls).isGreaterThan(50);
  }

  /** The same of a run that was held and is published by hand. */
  private boolean publishSurvives(boolean movesAtOnce, int calls) throws Exception {
    Path folder = Files.createDirectories(directory.resolve(movesAtOnce + "-" + calls));
    new Nights(folder).input(OLD);
    new Nights(folder).run(false, OLD);
    Nights nights = new Nights(folder).gated(Nights.DATE, "{ min-rows: 100 }");
    nights.input(NEW);
    assertThatThrownBy(() -> nights.run(false, NEW)).hasMessageContaining("run 2 is held");
    RunAccount held = nights.job().accounts().held().get(0);

    CrashingFileSystem files = new CrashingFileSystem(movesAtOnce, calls);
    boolean crashed = publishCrashes(nights, held, files, movesAtOnce);
    seesAllOrNothing(nights, movesAtOnce);
    if (crashed) {
      publishCrashes(
          nights, held, new CrashingFileSystem(movesAtOnce, 1 + calls * 7 % 80), movesAtOnce);
      seesAllOrNothing(nights, movesAtOnce);
      publish(nights, held, new CrashingFileSystem(movesAtOnce, Long.MAX_VALUE), movesAtOnce);
    }

    assertThat(content(nights.out())).containsExactly(NEW);
    assertThat(content(nights.dead())).containsExactly(NEW);
    assertThat(nights.out().resolve(PublishedFolder.SUCCESS)).exists();
    assertThat(nights.job().accounts().written(held).orElseThrow().state())
        .isEqualTo(RunState.PUBLISHED);
    assertThat(nights.job().accounts().all()).noneMatch(account -> account.state().active());
    FileUtils.deleteDirectory(folder.toFile());
    return !crashed;
  }

  private static boolean publishCrashes(
      Nights nights, RunAccount held, CrashingFileSystem files, boolean movesAtOnce)
      throws Exception {
    try {
      publish(nights, held, files, movesAtOnce);
    } catch (NightlyException killed) {
      assertThat(files.crashed()).as("%s", killed).isTrue();
    }
    return files.crashed();
  }

  private static void publish(
      Nights nights, RunAccount held, CrashingFileSystem files, boolean movesAtOnce)
      throws InterruptedException {
    nights.held(nights.job(files, movesAtOnce), held).publish();
  }

  /** Whether a run needs no more calls than these; if it does, checks what it leaves. */
  private boolean survives(boolean movesAtOnce, int calls) throws Exception {
    Path folder = Files.createDirectories(directory.resolve(movesAtOnce + "-" + calls));
    Nights nights = new Nights(folder);
    nights.input(OLD);
    nights.run(false, OLD);
    nights.input(NEW);

    boolean crashed = crashes(nights, movesAtOnce, calls);
    seesAllOrNothing(nights, movesAtOnce);
    if (crashed) {
      // The next one is killed too, sooner or later.
      crashes(nights, movesAtOnce, 1 + calls * 7 % 90);
      seesAllOrNothing(nights, movesAtOnce);
      run(nights, new CrashingFileSystem(movesAtOnce, Long.MAX_VALUE), movesAtOnce);
    }

    assertThat(content(nights.out())).containsExactly(NEW);
    assertThat(content(nights.dead())).containsExactly(NEW);
    assertThat(nights.out().resolve(PublishedFolder.SUCCESS)).exists();
    assertThat(nights.dead().resolve(PublishedFolder.SUCCESS)).exists();
    assertThat(nights.out().toFile().list())
        .containsExactlyInAnyOrder("part-0", "part-1", Published.FILE, PublishedFolder.SUCCESS);
    assertThat(nights.job().accounts().all())
        .noneMatch(account -> account.state().active())
        .anyMatch(account -> account.state() == RunState.PUBLISHED && account.run() > 1);
    FileUtils.deleteDirectory(folder.toFile());
    return !crashed;
  }

  private static boolean crashes(Nights nights, boolean movesAtOnce, int calls) throws Exception {
    CrashingFileSystem files = new CrashingFileSystem(movesAtOnce, calls);
    try {
      run(nights, files, movesAtOnce);
    } catch (NightlyException | java.io.UncheckedIOException killed) {
      assertThat(files.crashed()).as("%s", killed).isTrue();
    }
    return files.crashed();
  }

  private static void run(Nights nights, CrashingFileSystem files, boolean movesAtOnce)
      throws InterruptedException {
    DatedJob job = nights.job(files, movesAtOnce);
    nights
        .run(job, Nights.DEAD, new Nights.Pauses())
        .run(job.inputs().list().orElseThrow(), false, lost -> Nights.score(job, NEW));
  }

  private static void seesAllOrNothing(Nights nights, boolean movesAtOnce) throws IOException {
    Path out = nights.out();
    if (Files.exists(out.resolve(PublishedFolder.SUCCESS))) {
      assertThat(out.toFile().list()).contains("part-0", "part-1", Published.FILE);
      assertThat(content(out)).hasSize(1);
      assertThat(content(nights.dead())).isEqualTo(content(out));
      assertThat(nights.dead().resolve(PublishedFolder.SUCCESS)).exists();
    }
    if (movesAtOnce && Files.exists(out)) {
      // Also whoever does not ask for it.
      assertThat(out.resolve(PublishedFolder.SUCCESS)).exists();
    }
  }

  private static Set<String> content(Path folder) throws IOException {
    Set<String> content = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files.filter(path -> path.getFileName().toString().startsWith("part")).toList()) {
        content.add(Files.readString(file));
      }
    }
    return content;
  }
}
