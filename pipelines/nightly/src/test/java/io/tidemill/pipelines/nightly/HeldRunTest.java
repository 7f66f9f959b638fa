package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeldRunTest {
  @TempDir private Path directory;
  private Nights nights;
  private RunAccount held;

  @BeforeEach
  void holdARun() throws Exception {
    new Nights(directory).input("old");
    new Nights(directory).run(false, "old");
    nights = new Nights(directory).gated(Nights.DATE, "{ min-rows: 100 }");
    nights.input("new");
    assertThatThrownBy(() -> nights.run(false, "new")).hasMessageContaining("run 2 is held");
    held = accounts().get(1);
  }

  private List<RunAccount> accounts() {
    return nights.job().accounts().all();
  }

  private HeldRun heldRun() {
    return nights.held(nights.job(), held);
  }

  @Test
  void replacesNoFilesThatNoRunHasMade(@TempDir Path other) throws Exception {
    Nights first = new Nights(other).gated(Nights.DATE, "{ min-rows: 100 }");
    first.input("one");
    assertThatThrownBy(() -> first.run(false, "one")).hasMessageContaining("run 1 is held");
    Path strange = Files.createDirectories(first.out()).resolve("by-hand.json");
    Files.writeString(strange, "mine");
    RunAccount waiting = first.job().accounts().all().get(0);

    assertThatThrownBy(() -> first.held(first.job(), waiting).publish())
        .hasMessageContaining("has files that no run has published, as 'by-hand.json'");
    assertThat(strange).hasContent("mine");
  }

  @Test
  void publishesWhatWasHeld() throws Exception {
    RunAccount account = heldRun().publish();

    assertThat(account.state()).isEqualTo(RunState.PUBLISHED);
    assertThat(account.run()).isEqualTo(3);
    assertThat(account.why()).isEqualTo("publishes run 2, which was held");
    assertThat(accounts().get(1).state()).isEqualTo(RunState.PUBLISHED);
    assertThat(accounts().get(1).message()).isEqualTo("published as run 3");
    assertThat(nights.out().resolve("part-0")).hasContent("new");
    assertThat(nights.dead().resolve("part-0")).hasContent("new");
    assertThat(nights.out().resolve("_SUCCESS")).hasContent("run 2");
    assertThat(nights.staging()).doesNotExist();

    assertThat(nights.run(false, "newer").published()).isFalse();
    assertThatThrownBy(() -> heldRun().discard())
        .hasMessage(
            "job 'nights' for 2026-11-21: run 2 is held no more: published as run 3; nothing is published");
    assertThat(heldRun().publish().run()).isEqualTo(2);
    assertThat(accounts()).filteredOn(run -> run.state() == RunState.PUBLISHED).hasSize(3);
  }

  @Test
  void publishesWhereTheFolderIsNow(@TempDir Path parent) throws Exception {
    Path moved = Files.move(directory, parent.resolve("moved"));
    Nights there = new Nights(moved).gated(Nights.DATE, "{ min-rows: 100 }");

    RunAccount account = there.held(there.job(), held).publish();

    assertThat(account.target()).isEqualTo(there.out().toString());
    assertThat(account.deadLetterTarget()).isEqualTo(there.dead().toString());
    assertThat(there.out().resolve("part-0")).hasContent("new");
    assertThat(there.dead().resolve("part-0")).hasContent("new");
    assertThat(directory).doesNotExist();
  }

  @Test
  void keepsHeldRowsOfADatabaseUntilAPersonHasDecided() {
    Nights database = nights.ofDatabase();
    assertThatThrownBy(() -> database.run(false, "first")).hasMessageContaining("run 3 is held");

    assertThatThrownBy(() -> database.run(false, "second")).hasMessageContaining("run 3 is held");

    assertThat(accounts().get(2).state()).isEqualTo(RunState.HELD);
    assertThatThrownBy(() -> database.run(true, "third")).hasMessageContaining("run 4 is held");
  }

  @Test
  void keepsWhatIsHeldFromAnotherJob() throws Exception {
    Nights other = new Nights(directory).named("churn");
    Files.delete(nights.out().resolve("_tidemill.json"));

    assertThatThrownBy(() -> other.run(false, "newer"))
        .hasMessageContaining("is the folder of job 'nights', whose run 2 is held (expected: ");
    assertThat(accounts().get(1).state()).isEqualTo(RunState.HELD);
  }

  @Test
  void discardsWhatWasHeld() throws Exception {
    assertThat(heldRun().discard().state()).isEqualTo(RunState.DISCARDED);

    assertThat(accounts())
        .extracting(RunAccount::state)
        .containsExactly(RunState.PUBLISHED, RunState.DISCARDED);
    assertThat(nights.staging().resolve(held.id())).doesNotExist();
    assertThat(nights.out().resolve("part-0")).hasContent("old");
    assertThatThrownBy(() -> heldRun().publish())
        .hasMessageContaining("run 2 is held no more: discarded by hand");
    assertThatThrownBy(() -> nights.run(false, "new")).hasMessageContaining("run 4 is held");
  }

  @Test
  void publishesNothingOverWhatOthersChanged() throws Exception {
    Files.writeString(nights.out().resolve("part-2"), "a stranger");

    assertThatThrownBy(() -> heldRun().publish())
        .hasMessage(
            "job 'nights' for 2026-11-21: run 2 was held over other files than are in '"
                + nights.out()
                + "' now (expected: nobody else changes them; run again with --force); nothing is published");
    FileUtils.deleteDirectory(nights.out().toFile());
    assertThatThrownBy(() -> heldRun().publish()).hasMessageContaining("over other files");

    assertThat(nights.out()).doesNotExist();
    assertThat(accounts().get(1).state()).isEqualTo(RunState.HELD);
    assertThat(nights.staging().resolve(held.id() + "/predictions/part-0")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"predictions", "dead-letters"})
  void publishesNothingThatSomeoneHasChanged(String folder) throws Exception {
    Path staged = nights.staging().resolve(held.id() + "/" + folder);
    Files.delete(staged.resolve("part-1"));

    assertThatThrownBy(() -> heldRun().publish())
        .hasMessageContaining("run 2 has not all of its files in '");
    assertThat(nights.out().resolve("part-0")).hasContent("old");
    Files.writeString(staged.resolve("part-1"), "longer");
    assertThatThrownBy(() -> heldRun().publish())
        .hasMessageContaining("run 2 has not all of its files in '");
  }

  @Test
  void publishesNoPart() throws Exception {
    Path letters = nights.staging().resolve(held.id() + "/dead-letters");
    FileUtils.deleteDirectory(letters.toFile());

    assertThatThrownBy(() -> heldRun().publish())
        .hasMessageContaining("run 2 has not all of its files in '")
        .hasMessageEndingWith("; nothing is published");

    assertThat(nights.out().resolve("part-0")).hasContent("old");
  }

  @Test
  void waitsForNoOtherRun() {
    nights
        .job()
        .accounts()
        .write(
            held.followedBy(nights.job(), "", Nights.around(Nights.LIVING, new Nights.Pauses()))
                .numbered(3));

    assertThatThrownBy(() -> heldRun().publish())
        .hasMessageContaining("another run publishes there");
    assertThatThrownBy(() -> heldRun().discard())
        .hasMessageContaining("another run publishes there");
  }
}
