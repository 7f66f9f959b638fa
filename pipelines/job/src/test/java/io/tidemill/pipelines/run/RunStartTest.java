package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunStartTest {
  private static final String GROUP_OFFSETS =
      Jobs.KAFKA.replace("earliest-offset", "group-offsets");

  @TempDir private Path directory;
  private Path runs = Path.of("");

  @BeforeEach
  void publish() throws IOException {
    new Jobs(directory).publish("fraud", "1.4.2");
    runs = directory.resolve(".tidemill/fraud/runs");
  }

  private RunStart start(String yaml, boolean fresh, Map<String, String> flink) {
    return RunStart.of(
        new Jobs(directory).plan(yaml, flink),
        JobFolder.of(directory.resolve("job.yaml"), "fraud"),
        fresh);
  }

  private RunStart start(String yaml) {
    return start(yaml, false, Map.of());
  }

  private static Configuration options(RunStart start) {
    Configuration flink = new Configuration();
    start.configure(flink);
    return flink;
  }

  private static void write(
      Path folder, long checkpoint, CheckpointProperties properties, OperatorState... operators)
      throws IOException {
    Files.createDirectories(folder);
    try (OutputStream out = Files.newOutputStream(folder.resolve("_metadata"))) {
      Checkpoints.storeCheckpointMetadata(
          new CheckpointMetadata(checkpoint, List.of(operators), List.of(), properties), out);
    }
  }

  private void checkpoint(String folder, long number, OperatorState... operators)
      throws IOException {
    write(
        runs.resolve(folder),
        number,
        CheckpointProperties.forSavepoint(true, SavepointFormatType.NATIVE),
        operators);
  }

  @Test
  void beginsAnewWhereNothingIsThereAndKeepsItsStateBesideTheJob() {
    RunStart start = start(Jobs.KAFKA);

    assertThat(start.description()).isEqualTo("anew: no earlier state in file:" + runs);
    assertThat(options(start).get(CheckpointingOptions.CHECKPOINTS_DIRECTORY))
        .isEqualTo("file:" + runs + "/run-1");
    assertThat(options(start).contains(StateRecoveryOptions.SAVEPOINT_PATH)).isFalse();
    assertThat(directory.resolve(".tidemill")).doesNotExist();
  }

  @Test
  void goesOnFromTheNewestCompleteCheckpointWhicheverRunLeftIt() throws IOException {
    checkpoint("run-2/job/chk-9", 9);
    checkpoint("run-2/job/chk-10", 10);
    Files.createDirectories(runs.resolve("run-2/job/chk-11"));
    checkpoint("run-1/job/chk-8", 8);
    Files.createDirectories(runs.resolve("run-3/job"));

    RunStart start = start(Jobs.KAFKA);

    assertThat(start.description())
        .isEqualTo("with checkpoint 10 of run 2, file:" + runs + "/run-2/job/chk-10");
    assertThat(options(start).get(StateRecoveryOptions.SAVEPOINT_PATH))
        .endsWith("/run-2/job/chk-10");
    assertThat(options(start).get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).endsWith("/run-4");
  }

  @Test
  void passesOverOneThatIsDamagedOnlyIfItsRunHasAnother() throws IOException {
    checkpoint("run-1/job/chk-8", 8);
    checkpoint("run-2/job/chk-9", 9);
    Path damaged = Files.createDirectories(runs.resolve("run-2/job/chk-10"));
    Files.writeString(damaged.resolve("_metadata"), "half");

    assertThat(start(Jobs.KAFKA).description()).contains("checkpoint 9 of run 2");
    Files.delete(runs.resolve("run-2/job/chk-9/_metadata"));
    assertThatThrownBy(() -> start(Jobs.KAFKA))
        .isInstanceOf(InvalidPipelineException.class)
        .hasMessageContaining("the state of earlier runs in file:" + runs + " cannot be read");
  }

  @Test
  void nothingFromBeforeARunThatBeganAnewOrFinishedIsGoneOnFrom() throws IOException {
    checkpoint("run-1/job/chk-8", 8);

    RunStart fresh = start(Jobs.KAFKA, true, Map.of());
    fresh.begin();

    assertThat(fresh.description()).isEqualTo("anew, as asked for");
    assertThat(start(Jobs.KAFKA).description()).startsWith("anew: no earlier state");
    checkpoint("run-2/job/chk-1", 1);
    RunStart third = start(Jobs.KAFKA);
    third.begin();
    assertThat(third.description()).contains("checkpoint 1 of run 2");
    third.finish();
    assertThat(start(Jobs.KAFKA).description()).startsWith("anew: no earlier state");
  }

  @Test
  void deletesWhatRunsLeaveByThemselvesButNoSavepointOfAPerson() throws IOException {
    checkpoint("run-1/last/savepoint-a", 8);
    assertThat(options(start(Jobs.KAFKA)).get(StateRecoveryOptions.RESTORE_MODE))
        .isEqualTo(RecoveryClaimMode.CLAIM);

    checkpoint("run-1/savepoint-b", 9);
    assertThat(options(start(Jobs.KAFKA)).get(StateRecoveryOptions.RESTORE_MODE))
        .isEqualTo(RecoveryClaimMode.NO_CLAIM);
  }

  @Test
  void refusesStateOfAnOperatorThatTheJobHasNoMore() throws IOException {
    OperatorState gone = new OperatorState("rate", "rate", new OperatorID(1, 2), 1, 128);
    gone.setCoordinatorState(new ByteStreamStateHandle("state", new byte[] {1}));
    checkpoint("run-1/job/chk-8", 8, gone);

    assertThatThrownBy(() -> start(Jobs.KAFKA))
        .isInstanceOf(InvalidPipelineException.class)
        .hasMessageStartingWith("job.yaml:11:3: the newest state of the job's runs, file:" + runs)
        .hasMessageContaining("belongs to rate too")
        .hasMessageContaining("--allow-non-restored-state")
        .hasMessageContaining("--fresh");
    assertThat(
            start(
                    Jobs.KAFKA,
                    false,
                    Map.of(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE.key(), "true"))
                .goesOn())
        .isTrue();
  }

  @Test
  void saysAllThatKeepsAJobFromItsStateAtOnce() throws IOException {
    OperatorState gone = new OperatorState("rate", "rate", new OperatorID(1, 2), 1, 128);
    gone.setCoordinatorState(new ByteStreamStateHandle("state", new byte[] {1}));
    JobVertex scoring =
        Stream.of(
                new Jobs(directory)
                    .plan(Jobs.KAFKA, Map.of())
                    .graph()
                    .getJobGraph()
                    .getVerticesAsArray())
            .filter(vertex -> vertex.getParallelism() == 2)
            .findFirst()
            .orElseThrow();
    OperatorID inIt = scoring.getOperatorIDs().get(0).getGeneratedOperatorID();
    OperatorState narrow = new OperatorState("n", "narrow", inIt, 1, 1);
    narrow.setCoordinatorState(new ByteStreamStateHandle("state", new byte[] {1}));
    checkpoint("run-1/job/chk-8", 8, gone, narrow);

    assertThatThrownBy(() -> start(Jobs.KAFKA))
        .isInstanceOfSatisfying(
            InvalidPipelineException.class, refused -> assertThat(refused.problems()).hasSize(2))
        .hasMessageContaining("belongs to rate too")
        .hasMessageContaining("does not fit: 'narrow' has state of max-parallelism 1");
  }

  @Test
  void refusesCommittedOffsetsWithExactlyOnceAndNothingToGoOnFrom() throws IOException {
    assertThatThrownBy(() -> start(GROUP_OFFSETS))
        .isInstanceOf(InvalidPipelineException.class)
        .hasMessageStartingWith(
            "job.yaml:7:22: source: scan.startup.mode: group-offsets with exactly-once, and no"
                + " earlier state")
        .hasMessageContaining("--fresh");

    assertThat(start(GROUP_OFFSETS, true, Map.of()).description()).isEqualTo("anew, as asked for");
    assertThat(
            start(
                    GROUP_OFFSETS
                        .replace("exactly-once", "at-least-once")
                        .replace(
                            "topic: dead", "topic: dead, sink.delivery-guarantee: at-least-once"))
                .description())
        .startsWith("anew");
    checkpoint("run-1/job/chk-8", 8);
    assertThat(start(GROUP_OFFSETS).goesOn()).isTrue();
  }

  @Test
  void keepsStateUnderTheJobsNameWhereTheJobNamesAPlace() {
    String yaml =
        Jobs.KAFKA.replace("interval: 10s", "interval: 10s, execution.checkpointing.dir: kept");

    assertThat(options(start(yaml)).get(CheckpointingOptions.CHECKPOINTS_DIRECTORY))
        .isEqualTo("file:" + directory + "/kept/fraud/run-1");
  }

  @Test
  void keepsItsStateBesideTheJobWhateverTheFolderIsCalled() {
    Path job = directory.resolve("my jobs, 100%20 done/job.yaml");

    RunStart start =
        RunStart.of(
            new Jobs(directory).plan(Jobs.KAFKA, Map.of()), JobFolder.of(job, "fraud"), false);

    assertThat(options(start).get(CheckpointingOptions.CHECKPOINTS_DIRECTORY))
        .isEqualTo("file:" + job.resolveSibling(".tidemill/fraud/runs/run-1"));
  }

  @Test
  void keepsStateInAPlaceWithASpaceAndRefusesOneThatIsNone() {
    String key = CheckpointingOptions.CHECKPOINTS_DIRECTORY.key();

    assertThat(
            options(start(Jobs.KAFKA, false, Map.of(key, "my state")))
                .get(CheckpointingOptions.CHECKPOINTS_DIRECTORY))
        .isEqualTo("file:" + directory + "/my state/fraud/run-1");
    assertThatThrownBy(() -> start(Jobs.KAFKA, false, Map.of(key, "")))
        .isInstanceOf(InvalidPipelineException.class)
        .hasMessageContaining("execution.checkpointing.dir: '' (expected: a folder or its URI)");
  }

  @Test
  void keepsWhatTheNextRunGoesOnFromWhateverTheJobSaysToACluster() {
    for (ExternalizedCheckpointRetention said : ExternalizedCheckpointRetention.values()) {
      String key = CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION.key();
      Configuration flink = Configuration.fromMap(Map.of(key, said.name()));

      start(Jobs.KAFKA, false, Map.of(key, said.name())).configure(flink);

      assertThat(flink.get(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION))
          .isEqualTo(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    }
  }

  @Test
  void refusesAStateBesideFresh() {
    Map<String, String> given = Map.of(StateRecoveryOptions.SAVEPOINT_PATH.key(), "file:/kept/1");

    assertThatThrownBy(() -> start(Jobs.KAFKA, true, given))
        .isInstanceOf(InvalidPipelineException.class)
        .hasMessageContaining(
            "execution.state-recovery.path: file:/kept/1 beside --fresh (expected: one of them)");
  }

  @Test
  void theRunAfterOneThatWasGivenAStateGoesOnFromTheNewest() throws IOException {
    checkpoint("run-1/job/chk-8", 8);

    RunStart next =
        RunStart.next(
            new Jobs(directory)
                .plan(
                    Jobs.KAFKA, Map.of(StateRecoveryOptions.SAVEPOINT_PATH.key(), "file:/kept/1")),
            JobFolder.of(directory.resolve("job.yaml"), "fraud"));

    assertThat(next.description()).startsWith("with checkpoint 8 of run 1");
  }

  @Test
  void goesOnFromWhatARunWasGivenIfItLeftNothingItself() throws IOException {
    checkpoint("run-1/job/chk-8", 8);
    Path given = directory.resolve("given");
    write(given, 5, CheckpointProperties.forSavepoint(true, SavepointFormatType.CANONICAL));
    RunStart second =
        start(
            Jobs.KAFKA, false, Map.of(StateRecoveryOptions.SAVEPOINT_PATH.key(), "file:" + given));
    second.begin();

    RunStart third = start(Jobs.KAFKA);
    third.begin();

    assertThat(third.description()).isEqualTo("with file:" + given + ", which run 2 was given");
    assertThat(options(third).get(StateRecoveryOptions.RESTORE_MODE))
        .isEqualTo(RecoveryClaimMode.NO_CLAIM);
    assertThat(start(Jobs.KAFKA).description()).contains("which run 2 was given");
    Files.delete(given.resolve("_metadata"));
    assertThatThrownBy(() -> start(Jobs.KAFKA))
        .isInstanceOf(InvalidPipelineException.class)
        .hasMessageContaining("--fresh begins anew");
  }
}
