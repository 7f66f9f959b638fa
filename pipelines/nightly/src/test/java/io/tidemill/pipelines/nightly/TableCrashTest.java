package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.iceberg.IcebergPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.iceberg.expressions.Expressions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs into a table, which are killed before any of their calls to the files of accounts. */
class TableCrashTest {
  private static final String OLD = "old";
  private static final String NEW = "new";

  /** All calls take eight minutes; these meet each kind. */
  private static final int STRIDE = Integer.getInteger("tidemill.test.stride", 13);

  @TempDir private Path directory;

  @Test
  void commitsOnceWheneverItIsKilledAndIsFinishedByTheNext() throws Exception {
    int calls = 1;
    while (!survives(calls)) {
      calls += STRIDE;
    }
    // Every step of it was cut off.
    assertThat(calls).isGreaterThan(60);
  }

  /** Whether a run needs no more calls than these; if it does, checks what it leaves. */
  private boolean survives(int calls) throws Exception {
    Path folder = Files.createDirectories(directory.resolve("run-" + calls));
    TableNights nights = new TableNights(folder);
    nights.input(OLD);
    nights.run(nights.job(new LocalFileSystem()), OLD);
    nights.input(NEW);

    boolean crashed = crashes(nights, calls);
    assertThat(nights.shown()).hasSize(2).containsAnyOf(OLD, NEW);
    if (crashed) {
      // The next one is killed too, sooner or later.
      crashes(nights, 1 + calls * 7 % 70);
      assertThat(nights.shown()).hasSize(2).containsAnyOf(OLD, NEW);
      nights.run(nights.job(new LocalFileSystem()), NEW);
    }

    assertThat(nights.shown()).as("after %d calls", calls).containsExactly(NEW, NEW);
    assertThat(nights.commits()).as("after %d calls", calls).hasSize(2);
    assertThat(nights.table().refs()).containsOnlyKeys("main");
    assertThat(nights.dead().resolve("part-0")).hasContent(NEW);
    DatedJob job = nights.job(new LocalFileSystem());
    assertThat(job.accounts().all())
        .noneMatch(account -> account.state().active())
        .anyMatch(account -> account.state() == RunState.PUBLISHED && account.run() > 1);
    FileUtils.deleteDirectory(folder.toFile());
    return !crashed;
  }

  private static boolean crashes(TableNights nights, int calls) throws InterruptedException {
    CrashingFileSystem files = new CrashingFileSystem(true, calls);
    try {
      nights.run(nights.job(files), NEW);
    } catch (RuntimeException killed) {
      assertThat(files.crashed()).as("%s", killed).isTrue();
    }
    return files.crashed();
  }

  @Test
  void publishesNothingOverWhatOthersHavePutThereMeanwhile() throws IOException {
    TableNights nights = new TableNights(directory);
    nights.input(OLD);
    DatedJob job = nights.job(new LocalFileSystem());

    assertThatThrownBy(
            () -> nights.run(job, NEW, () -> nights.append("main", OLD, Nights.DATE.toString())))
        .isInstanceOf(NightlyException.class)
        .hasMessageContaining(
            "someone has changed the files in table 'lake.scores', day=2026-11-21 or '");

    assertThat(nights.shown()).containsExactly(OLD, OLD);
    assertThat(nights.table().refs()).containsOnlyKeys("main");
    assertThat(job.accounts().all()).extracting(RunAccount::state).containsExactly(RunState.FAILED);
    assertThat(nights.dead()).doesNotExist();
  }

  @Test
  void replacesAPartitionByNothingWhereThereAreNoPredictions() throws Exception {
    TableNights nights = new TableNights(directory);
    nights.input(OLD);
    nights.run(nights.job(new LocalFileSystem()), OLD);
    nights.input(NEW);

    nights.run(nights.job(new LocalFileSystem()), lost -> Nights.figures(0, 0, 0));

    assertThat(nights.shown()).isEmpty();
    assertThat(nights.table().refs()).containsOnlyKeys("main");
  }

  @Test
  void refusesRowsThatNoRunHasMade() throws Exception {
    TableNights nights = new TableNights(directory);
    nights.input(OLD);
    nights.append("main", OLD, Nights.DATE.toString());

    assertThatThrownBy(() -> nights.run(nights.job(new LocalFileSystem()), NEW))
        .hasMessageContaining(
            "table 'lake.scores', day=2026-11-21 has files that no run has published");
    assertThat(nights.shown()).containsExactly(OLD, OLD);
  }

  @Test
  void leavesOtherPartitionsToOthers() throws Exception {
    TableNights nights = new TableNights(directory);
    nights.input(OLD);

    nights.run(
        nights.job(new LocalFileSystem()), NEW, () -> nights.append("main", OLD, "2026-11-20"));

    assertThat(nights.shown()).containsExactlyInAnyOrder(OLD, OLD, NEW, NEW);
  }

  @Test
  void refusesRowsOfAnotherPartition() throws IOException {
    TableNights nights = new TableNights(directory);
    nights.input(OLD);
    DatedJob job = nights.job(new LocalFileSystem());

    assertThatThrownBy(
            () ->
                nights.run(
                    job, NEW, () -> nights.append(TableOutput.branch(job.id()), OLD, "2026-11-20")))
        .hasMessageContaining("has rows of other values than day=2026-11-21");

    assertThat(nights.shown()).isEmpty();
  }

  @Test
  void refusesToReplaceRowsOfAFileThatMayHaveOthers() throws Exception {
    TableNights nights = new TableNights(directory);
    IcebergPartition partition =
        new IcebergPartition(nights.job(new LocalFileSystem()).definition().sink().options());
    nights.table().updateSpec().removeField("day").commit();
    nights.append("main", OLD, "");
    nights.table().updateSpec().addField("day").commit();
    partition.begin("mine");
    nights.append("mine", NEW, Nights.DATE.toString());
    String refused =
        "%s-4.parquet', which table 'lake.scores' has since it was partitioned otherwise, may have rows of others, too (expected: files of one partition each; "
            .formatted(OLD);

    assertThat(partition.problem().orElseThrow()).contains(refused);
    assertThatThrownBy(() -> partition.publish("mine", Map.of(), () -> {}))
        .hasMessageContaining(refused);

    nights.table().newDelete().deleteFromRowFilter(Expressions.alwaysTrue()).commit();
    assertThat(partition.problem()).isEmpty();
  }

  @Test
  void refusesThePartitionOfAnotherJob() throws Exception {
    TableNights nights = new TableNights(directory);
    nights.input(OLD);
    nights.run(nights.job(new LocalFileSystem()), OLD);
    TableNights other = nights.named("other");

    assertThatThrownBy(() -> other.run(other.job(new LocalFileSystem()), NEW))
        .hasMessageContaining("the partition is that of job nights, with its account in '");

    assertThat(nights.shown()).containsExactly(OLD, OLD);
  }
}
