package io.tidemill.pipelines.nightly;

import static io.tidemill.pipelines.nightly.Nights.ELSEWHERE;
import static io.tidemill.pipelines.nightly.Nights.LIVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
          public boolean rename(
              org.apache.flink.core.fs.Path from, org.apache.flink.core.fs.Path to)
              throws IOException {
            accounts.write(draft(other, LIVING).numbered(1));
            return super.rename(from, to);
          }
        };
    RunAccounts raced =
        new RunAccounts(Place.guarded(accounts.files().root(), files), accounts.folder());
    return RunLease.take(raced, draft(id, LIVING), Nights::lives, pause);
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
        Map.of());
  }
}
