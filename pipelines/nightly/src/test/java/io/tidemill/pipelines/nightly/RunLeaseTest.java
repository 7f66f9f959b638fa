package io.tidemill.pipelines.nightly;

import static io.tidemill.pipelines.nightly.Nights.ELSEWHERE;
import static io.tidemill.pipelines.nightly.Nights.LIVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLeaseTest {
  @TempDir private Path directory;
  private RunAccounts accounts;

  @BeforeEach
  void open() {
    accounts = new Nights(directory).job().accounts();
  }

  @Test
  void isTakenFromOneOfAnotherMachineWhoseBeatStandsStill() throws Exception {
    accounts.write(draft("a", ELSEWHERE).numbered(4));
    Nights.Pauses pauses = new Nights.Pauses();

    try (RunLease lease = take("b", pauses)) {
      assertThat(lease.account().run()).isEqualTo(5);
    }
    assertThat(pauses.passed()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void isNotTakenFromOneOfAnotherMachineThatBeats() {
    RunAccount other = draft("a", ELSEWHERE).numbered(4);
    accounts.write(other);
    Nights.Pauses pauses = new Nights.Pauses().meanwhile(() -> accounts.write(other.beaten()));

    assertThatThrownBy(() -> take("b", pauses)).hasMessageContaining("another run publishes there");
    assertThat(accounts.all()).hasSize(1);
  }

  @Test
  void staysWithTheFirstOfTwoThatComeAtOnce() throws Exception {
    // It comes between the look and the claim of the other, and withdraws.
    Nights.Pauses pauses =
        new Nights.Pauses().meanwhile(() -> accounts.delete(draft("c", LIVING).numbered(1)));
    try (RunLease lease = takeAsAnotherComes("b", "c", pauses)) {
      assertThat(lease.account().id()).isEqualTo("b");
    }
  }

  @Test
  void isNotHadByTheSecondOfTwoThatComeAtOnce() {
    assertThatThrownBy(() -> takeAsAnotherComes("b", "a", new Nights.Pauses()))
        .hasMessageContaining("another run publishes there");
    assertThat(accounts.all()).singleElement().extracting(RunAccount::id).isEqualTo("a");
  }

  @Test
  void leavesNoAccountWhereItIsInterruptedAsItWaitsForOthers() {
    Pause interrupted =
        time -> {
          throw new InterruptedException();
        };

    assertThatThrownBy(() -> takeAsAnotherComes("b", "c", interrupted))
        .isInstanceOf(InterruptedException.class);
    assertThat(accounts.all()).singleElement().extracting(RunAccount::id).isEqualTo("c");
  }

  @Test
  void readsAnAccountAgainThatIsWrittenJustThen() throws Exception {
    RunAccount other = draft("a", LIVING).numbered(1);
    accounts.write(other);
    Path file = directory.resolve("out/_tidemill/dt=2026-11-21/runs").resolve(other.name());
    Files.writeString(file, "");
    LocalFileSystem files =
        new LocalFileSystem() {
          private int readings;

          @Override
          public FSDataInputStream open(org.apache.flink.core.fs.Path read) throws IOException {
            if (++readings == 2) {
              accounts.write(other);
            }
            return super.open(read);
          }
        };

    assertThat(accountsOn(files).all()).containsExactly(other);
  }

  @Test
  void isNotLostToOneThatComesAtOnceAndIsRefused() throws Exception {
    List<RunLease> first = new ArrayList<>();
    LocalFileSystem files =
        new LocalFileSystem() {
          @Override
          public FileStatus[] listStatus(org.apache.flink.core.fs.Path folder) throws IOException {
            if (!first.isEmpty()) {
              first.get(0).beat();
              return super.listStatus(folder);
            }
            FileStatus[] before = super.listStatus(folder);
            // Just after another has found nobody there.
            try {
              first.add(take("a", new Nights.Pauses()));
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return before;
          }
        };

    assertThatThrownBy(
            () ->
                RunLease.take(
                    accountsOn(files), draft("b", LIVING), Nights::lives, new Nights.Pauses()))
        .hasMessageContaining("another run publishes there");

    try (RunLease lease = first.get(0)) {
      assertThat(lease.lost()).isFalse();
      assertThat(lease.say(account -> account).id()).isEqualTo("a");
    }
  }

  @Test
  void isTakenInALanguageOfOtherDigits() throws Exception {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("fa-IR-u-nu-arabext"));
    try (RunLease lease = take("b", new Nights.Pauses())) {
      assertThat(lease.account().name()).isEqualTo("00000001-b.json");
      assertThatThrownBy(() -> take("c", new Nights.Pauses()))
          .hasMessageContaining("another run publishes there");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void saysWhetherItIsLostWhileABeatHangs() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    AtomicBoolean slow = new AtomicBoolean();
    LocalFileSystem files =
        new LocalFileSystem() {
          @Override
          public FSDataInputStream open(org.apache.flink.core.fs.Path file) throws IOException {
            if (slow.get()) {
              hangs.countDown();
              try {
                asked.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
            return super.open(file);
          }
        };
    try (RunLease lease =
        RunLease.take(accountsOn(files), draft("b", LIVING), Nights::lives, new Nights.Pauses())) {
      slow.set(true);
      Thread beat = new Thread(lease::beat);
      beat.start();
      hangs.await();

      try {
        assertThat(CompletableFuture.supplyAsync(lease::lost).get(10, TimeUnit.SECONDS)).isFalse();
      } finally {
        asked.countDown();
        beat.join();
      }
    }
  }

  @Test
  void beatsUntilItIsLost() throws Exception {
    try (RunLease lease = take("b", new Nights.Pauses())) {
      lease.beat();
      assertThat(accounts.all().get(0).beat()).isEqualTo(1);

      accounts.write(draft("c", LIVING).numbered(2));
      lease.beat();
      assertThat(lease.lost()).isTrue();
      assertThatThrownBy(() -> lease.say(account -> account))
          .hasMessageContaining("was taken for dead");
    }
  }

  private RunLease take(String id, Pause pause) throws InterruptedException {
    return RunLease.take(accounts, draft(id, LIVING), Nights::lives, pause);
  }

  /** Another writes its account just before this one does. */
  private RunLease takeAsAnotherComes(String id, String other, Pause pause)
      throws InterruptedException {
    LocalFileSystem files =
        new LocalFileSystem() {
          @Override
          public FSDataOutputStream create(org.apache.flink.core.fs.Path path, WriteMode mode)
              throws IOException {
            accounts.write(draft(other, LIVING).numbered(1));
            return super.create(path, mode);
          }
        };
    return RunLease.take(accountsOn(files), draft(id, LIVING), Nights::lives, pause);
  }

  private RunAccounts accountsOn(LocalFileSystem files) {
    return new RunAccounts(Place.guarded(accounts.files().root(), files), accounts.folder());
  }

  private static RunAccount draft(String id, Owner owner) {
    return new RunAccount(
        0,
        id,
        "nights",
        "2026-11-21",
        RunState.RUNNING,
        "",
        null,
        owner,
        0,
        "2026-11-22T01:00:00Z",
        null,
        0,
        "out",
        null,
        1,
        1,
        List.of(),
        "",
        null,
        null,
        null,
        Map.of());
  }
}
