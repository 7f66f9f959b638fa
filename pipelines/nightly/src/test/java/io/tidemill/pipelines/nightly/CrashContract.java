package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A run that is killed before any of its calls to the file system. The tests of one share no
 * folder, and nothing else is built while they run.
 */
@Execution(ExecutionMode.CONCURRENT)
abstract class CrashContract {
  private static final String OLD = "old";
  private static final String NEW = "new";

  /** Files for a process that may be killed. */
  interface Storage {
    Nights nights();

    /** Whether a folder is moved in one step. */
    boolean movesAtOnce();

    /** The job of a process that is killed before its next calls but for so many. */
    DatedJob job(Nights nights, long calls);

    /** Whether the process of the last job was killed. */
    boolean crashed();
  }

  /** Files in which nothing is yet. */
  abstract Storage storage(String name) throws Exception;

  /** How many calls a run has at least. */
  abstract int leastCalls();

  /** How many more calls the next process has that is killed; 1 for every call that there is. */
  abstract int stride();

  @Test
  void showsAllOrNothingAndIsFinishedByTheNext() throws Exception {
    int calls = 1;
    while (!survives(storage("run-" + calls), calls)) {
      calls += stride();
    }
    // Every step of it was cut off.
    assertThat(calls).isGreaterThan(leastCalls());
  }

  @Test
  void publishesWhatIsHeldWholeAndLosesNothingOfIt() throws Exception {
    int calls = 1;
    while (!publishSurvives(storage("held-" + calls), calls)) {
      calls += stride();
    }
    assertThat(calls).isGreaterThan(leastCalls() - 10);
  }

  /** The same of a run that was held and is published by hand. */
  private static boolean publishSurvives(Storage storage, int calls) throws Exception {
    Nights before = storage.nights();
    before.input(OLD);
    before.run(false, OLD);
    Nights nights = before.gated(Nights.DATE, "{ min-rows: 100 }");
    nights.input(NEW);
    assertThatThrownBy(() -> nights.run(false, NEW)).hasMessageContaining("run 2 is held");
    RunAccount held = nights.job().accounts().held().get(0);

    boolean crashed = publishCrashes(nights, held, storage, calls);
    seesAllOrNothing(nights, storage.movesAtOnce());
    if (crashed) {
      publishCrashes(nights, held, storage, 1 + calls * 7 % 80);
      seesAllOrNothing(nights, storage.movesAtOnce());
      publish(nights, held, storage, Long.MAX_VALUE);
    }

    assertThat(content(nights.out())).containsExactly(NEW);
    assertThat(content(nights.dead())).containsExactly(NEW);
    assertThat(nights.out().resolve(PublishedFolder.SUCCESS)).exists();
    assertThat(nights.job().accounts().written(held).orElseThrow().state())
        .isEqualTo(RunState.PUBLISHED);
    assertThat(nights.job().accounts().all()).noneMatch(account -> account.state().active());
    nights.delete();
    return !crashed;
  }

  private static boolean publishCrashes(Nights nights, RunAccount held, Storage storage, long calls)
      throws Exception {
    try {
      publish(nights, held, storage, calls);
    } catch (NightlyException killed) {
      assertThat(storage.crashed()).as("%s", killed).isTrue();
    }
    return storage.crashed();
  }

  private static void publish(Nights nights, RunAccount held, Storage storage, long calls)
      throws InterruptedException {
    nights.held(storage.job(nights, calls), held).publish();
  }

  /** Whether a run needs no more calls than these; if it does, checks what it leaves. */
  private static boolean survives(Storage storage, int calls) throws Exception {
    Nights nights = storage.nights();
    nights.input(OLD);
    nights.run(false, OLD);
    nights.input(NEW);

    boolean crashed = crashes(nights, storage, calls);
    seesAllOrNothing(nights, storage.movesAtOnce());
    if (crashed) {
      // The next one is killed too, sooner or later.
      crashes(nights, storage, 1 + calls * 7 % 90);
      seesAllOrNothing(nights, storage.movesAtOnce());
      run(nights, storage, Long.MAX_VALUE);
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
    nights.delete();
    return !crashed;
  }

  private static boolean crashes(Nights nights, Storage storage, long calls) throws Exception {
    try {
      run(nights, storage, calls);
    } catch (RuntimeException killed) {
      assertThat(storage.crashed()).as("%s", killed).isTrue();
    }
    return storage.crashed();
  }

  private static void run(Nights nights, Storage storage, long calls) throws InterruptedException {
    DatedJob job = storage.job(nights, calls);
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
