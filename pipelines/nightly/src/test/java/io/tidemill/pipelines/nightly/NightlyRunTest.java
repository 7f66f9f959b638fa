package io.tidemill.pipelines.nightly;

import static io.tidemill.pipelines.nightly.Nights.DEAD;
import static io.tidemill.pipelines.nightly.Nights.LIVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.pipelines.nightly.NightlyException.Reason;
import io.tidemill.pipelines.run.RunFigures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NightlyRunTest {
  @TempDir private Path directory;
  private Nights nights;

  @BeforeEach
  void writeInput() throws IOException {
    nights = new Nights(directory);
    nights.input("one");
  }

  @Test
  void publishesWithItsAccount() throws Exception {
    RunAccount account = nights.run(false, "one").account();

    assertThat(account.state()).isEqualTo(RunState.PUBLISHED);
    assertThat(account.why()).isEqualTo("nothing is published for the date");
    assertThat(nights.out().resolve("_SUCCESS")).hasContent("run 1");
    JsonNode json =
        new ObjectMapper().readTree(Files.readString(nights.out().resolve("_tidemill.json")));
    assertThat(json.at("/run/state").asText()).isEqualTo("published");
    assertThat(json.at("/run/counts/recordsIn").asLong()).isEqualTo(10);
    assertThat(json.at("/run/counts/recordsOut").asLong()).isEqualTo(9);
    assertThat(json.at("/run/counts/deadLetters/null-input").asLong()).isEqualTo(1);
    assertThat(json.at("/run/models/0/digest").asText()).isEqualTo("sha256:1.0.0");
    assertThat(json.at("/run/finished").asText()).isEqualTo("2026-11-22T01:00:00Z");
    assertThat(json.at("/run/versions/tidemill").asText()).isEqualTo("test");
    assertThat(json.at("/run/versions/gpu:0").asText()).isEqualTo("a GPU");
    assertThat(json.at("/basis/inputs/0/path").asText()).endsWith("in/dt=2026-11-21/a.json");
    assertThat(json.at("/basis/inputs/0/bytes").asLong()).isEqualTo(3);
    assertThat(json.at("/basis/configuration").asText()).startsWith("sha256:");
    assertThat(json.at("/columns/0/name").asText()).isEqualTo("z");
    assertThat(json.at("/files").findValuesAsText("name")).containsExactly("part-0", "part-1");
    assertThat(nights.staging()).doesNotExist();
  }

  @Test
  void refusesAFolderWithTheDeadLettersOfAnotherJob() throws Exception {
    nights.run(false, "one");
    Nights other = new Nights(directory, "1.0.0", "churn");

    assertThatThrownBy(() -> other.run(false, "two"))
        .hasMessageContaining(
            "the dead letters in '" + nights.dead() + "' are those of job 'nights' for '")
        .hasMessageEndingWith(
            "(expected: a folder of its own for each job's); nothing is published");

    assertThat(nights.dead().resolve("part-0")).hasContent("one");
  }

  @Test
  void replacesItsOwnDeadLettersWhereverAllOfItWasThen(@TempDir Path parent) throws Exception {
    nights.run(false, "one");
    Nights moved = new Nights(Files.move(directory, parent.resolve("moved")));

    assertThat(moved.run(true, "two").published()).isTrue();
    assertThat(moved.dead().resolve("part-0")).hasContent("two");
  }

  private void score(DatedJob job) throws InterruptedException {
    nights
        .run(job, DEAD, new Nights.Pauses())
        .run(job.inputs().list().orElseThrow(), false, lost -> Nights.score(job, "one"));
  }

  /** A run that is killed once its dead letters are where readers see them. */
  private void runToTheDeadLetters() {
    CrashingFileSystem files =
        new CrashingFileSystem(true, Long.MAX_VALUE)
            .watched(
                moved -> {
                  if (moved.getPath().equals(nights.dead().toString())) {
                    throw new IllegalStateException("killed");
                  }
                },
                deleted -> {});
    DatedJob job = nights.job(files, true);
    assertThatThrownBy(() -> score(job))
        .hasMessageContaining("readers see nothing whole of it until the next run");
  }

  /** What lies where the job's dead letters go by now is somebody's. */
  @Test
  void finishesAMoveOfAnotherRunInItsOwnFolders() throws Exception {
    runToTheDeadLetters();
    Path theirs = Files.createDirectories(directory.resolve("theirs")).resolve("letter");
    Files.writeString(theirs, "theirs");

    assertThatThrownBy(() -> nights.withDeadLettersIn("theirs").run(false, "two"))
        .isInstanceOf(NightlyException.class);

    assertThat(theirs).hasContent("theirs");
    assertThat(nights.dead().resolve("part-0")).hasContent("one");
  }

  @Test
  void finishesAMoveOfAnotherRunWhereTheFolderIsNow(@TempDir Path parent) throws Exception {
    runToTheDeadLetters();
    Nights moved = new Nights(Files.move(directory, parent.resolve("moved")));

    assertThatThrownBy(() -> moved.named("churn").run(false, "two"))
        .hasMessageContaining("is the folder of job 'nights', whose run 1 is published");

    assertThat(moved.out().resolve("part-0")).hasContent("one");
    assertThat(directory).doesNotExist();
  }

  @Test
  void refusesTheFolderOfAnotherJobUnlessItIsForced() throws Exception {
    nights.run(false, "one");
    Nights other = nights.named("churn");
    assertThat(other.run(false, "two").published()).isFalse();
    nights.input("changed");

    assertThatThrownBy(() -> other.run(false, "two"))
        .hasMessageContaining(
            "job 'churn' for 2026-11-21: '%s' is the folder of job 'nights', whose run 1 is published (expected: "
                .formatted(nights.out()))
        .hasMessageContaining("--force takes the folder over");
    assertThat(nights.out().resolve("part-0")).hasContent("one");
    Files.delete(nights.out().resolve("_SUCCESS"));
    assertThatThrownBy(() -> other.run(false, "two"))
        .hasMessageContaining("folder of job 'nights'");

    assertThat(other.run(true, "two").published()).isTrue();
    assertThat(nights.out().resolve("part-0")).hasContent("two");
    nights.input("again");
    assertThatThrownBy(() -> nights.run(false, "three"))
        .hasMessageContaining("folder of job 'churn', whose run 4 is published");
  }

  @Test
  void refusesAFolderWithDeadLettersThatCameMeanwhile() throws Exception {
    DatedJob other = new Nights(directory, "1.0.0", "churn").job();

    assertThatThrownBy(
            () ->
                nights
                    .run(other, DEAD, new Nights.Pauses())
                    .run(
                        other.inputs().list().orElseThrow(),
                        false,
                        lost -> {
                          try {
                            nights.run(false, "one");
                          } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                          return Nights.score(other, "two");
                        }))
        .hasMessageContaining("are those of job 'nights' for '");

    assertThat(nights.dead().resolve("part-0")).hasContent("one");
  }

  @Test
  void doesNothingAgainThatIsTheSame() throws Exception {
    nights.run(false, "one");

    NightlyResult again = nights.run(false, "two");

    assertThat(again.published()).isFalse();
    assertThat(again.account().run()).isEqualTo(1);
    assertThat(nights.out().resolve("part-0")).hasContent("one");
    assertThat(nights.job().accounts().all()).hasSize(1);
  }

  @Test
  void doesItAgainWhereItIsAskedTo() throws Exception {
    nights.run(false, "one");

    assertThat(nights.run(true, "two").account().why()).isEqualTo("--force");
    assertThat(nights.out().resolve("part-0")).hasContent("two");
  }

  @Test
  void doesAgainWhatIsMadeOfOtherThings() throws Exception {
    nights.run(false, "one");
    nights.input("three");
    assertThat(nights.run(false, "two").account().why())
        .isEqualTo("of the input files 0 are new, 1 have changed and 0 are gone");

    Files.writeString(nights.in().resolve("b.json"), "b");
    assertThat(nights.run(false, "two").account().why())
        .isEqualTo("of the input files 1 are new, 0 have changed and 0 are gone");

    assertThat(Nights.of(directory, "1.1.0").run(false, "two").account().why())
        .isEqualTo("step 'score' has model fraud:1.1.0");
  }

  @Test
  void doesAgainWhatDoesNotTellWhetherItHasChanged() throws Exception {
    Nights database = nights.ofDatabase();
    database.run(false, "one");

    assertThat(database.run(false, "two").account().why())
        .isEqualTo("the input does not tell whether it has changed");
    assertThat(nights.out().resolve("part-0")).hasContent("two");
  }

  @Test
  void doesAgainWhatOthersHaveChanged() throws Exception {
    nights.run(false, "one");
    Files.writeString(nights.out().resolve("part-2"), "a stranger");

    assertThat(nights.run(false, "one").account().why())
        .isEqualTo("someone has changed the published files");
    assertThat(nights.out().resolve("part-2")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "\"basis\"", "\"run\""})
  void namesADamagedAccount(String lost) throws Exception {
    nights.run(false, "one");
    Path account = nights.out().resolve("_tidemill.json");
    boolean part = lost.startsWith("\"");
    Files.writeString(
        account, part ? Files.readString(account).replaceFirst(lost, "\"other\"") : lost);

    assertThatThrownBy(() -> nights.run(false, "two"))
        .hasMessageStartingWith("'" + account + "': no account of a run: ");
    assertThat(nights.out().resolve("part-0")).hasContent("one");
  }

  @Test
  void doesAgainWhatHasLostItsDeadLetters() throws Exception {
    nights.run(false, "one");
    FileUtils.deleteDirectory(nights.dead().toFile());

    assertThat(nights.run(false, "two").account().why())
        .isEqualTo("someone has changed the published files");
    assertThat(nights.dead().resolve("part-0")).hasContent("two");
    assertThat(nights.out().resolve("part-0")).hasContent("two");

    Files.delete(nights.dead().resolve("part-0"));
    assertThat(nights.run(false, "three").published()).isTrue();
  }

  @Test
  void publishesNothingPastTheLimitOnErrors() throws Exception {
    assertThatThrownBy(() -> run(() -> Nights.figures(10, 4, 6)))
        .isInstanceOf(NightlyException.class)
        .hasMessageStartingWith(
            "job 'nights' for 2026-11-21: 6 of 10 records became dead letters (expected: errors.max-rate: 50%); most of them: null-input 6; they are in '")
        .hasMessageEndingWith("' until the next run; nothing is published");

    assertThat(nights.out()).doesNotExist();
    RunAccount account = nights.job().accounts().all().get(0);
    assertThat(account.state()).isEqualTo(RunState.FAILED);
    assertThat(account.message()).contains("6 of 10 records became dead letters");
    assertThat(account.counts()).isNotNull();
  }

  @Test
  void publishesNothingThatCountedTwice() {
    RunFigures twice = new RunFigures(20, 20, Map.of(), 0, -1, 1, -1, List.of());

    assertThatThrownBy(() -> run(() -> twice))
        .hasMessageContaining("20 predictions and 0 dead letters made of them, after 1 restarts");
  }

  @Test
  void publishesNothingOfWhichRecordsAreMissing() throws Exception {
    nights.run(false, "one");
    nights.input("three");

    assertThatThrownBy(() -> run(() -> Nights.figures(10, 8, 1)))
        .hasMessageContaining(
            "10 records were read, and 8 predictions and 1 dead letters made of them");

    assertThat(nights.out().resolve("part-0")).hasContent("one");
    assertThat(nights.out().resolve("_SUCCESS")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"predictions", "dead-letters"})
  void publishesNothingOfWhichNoFileIsThere(String lost) {
    DatedJob job = nights.job();

    assertThatThrownBy(
            () ->
                nights
                    .run(job, DEAD, new Nights.Pauses())
                    .run(
                        job.inputs().list().orElseThrow(),
                        false,
                        lease -> {
                          RunFigures figures = Nights.score(job, "one");
                          job.place().files().delete(job.staging(job.id(), lost));
                          return figures;
                        }))
        .hasMessageContaining("records were written, and no file of them is in '")
        .hasMessageContaining(lost);

    assertThat(nights.out()).doesNotExist();
    assertThat(nights.job().accounts().all())
        .extracting(RunAccount::state)
        .containsExactly(RunState.FAILED);
  }

  @Test
  void publishesNothingOfInputThatChangesMeanwhile() {
    assertThatThrownBy(
            () ->
                run(
                    () -> {
                      try {
                        nights.input("three");
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                      return Nights.figures(10, 10, 0);
                    }))
        .hasMessageContaining(
            "was changed while it was read: of the input files 0 are new, 1 have changed");
    assertThat(nights.out()).doesNotExist();
  }

  @Test
  void accountsForAJobThatFails() {
    assertThatThrownBy(
            () ->
                run(
                    () -> {
                      throw new IllegalStateException("disk full");
                    }))
        .hasMessage("disk full");

    assertThat(nights.job().accounts().all())
        .singleElement()
        .satisfies(
            account -> {
              assertThat(account.state()).isEqualTo(RunState.FAILED);
              assertThat(account.message()).isEqualTo("disk full");
            });
  }

  @Test
  void leavesRoomForItsAccountWhereItFillsTheDisk() {
    LocalFileSystem files =
        new LocalFileSystem() {
          @Override
          public FSDataOutputStream create(org.apache.flink.core.fs.Path path, WriteMode mode)
              throws IOException {
            if (path.getPath().contains("/runs/") && isFull()) {
              throw new IOException("no space left");
            }
            return super.create(path, mode);
          }

          private boolean isFull() throws IOException {
            try (Stream<Path> all = Files.walk(directory)) {
              return all.anyMatch(path -> path.endsWith("predictions/part-1"));
            }
          }
        };
    DatedJob job = nights.job(files, true);

    assertThatThrownBy(() -> score(job)).hasMessageContaining("no space left");

    assertThat(nights.job().accounts().all())
        .extracting(RunAccount::state)
        .containsExactly(RunState.FAILED);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "9, -",
        "8, '9 records were written, and 8 of them are staged for '",
        "7, part-0' cannot be read after it was written: "
      })
  void publishesOnlyAsManyRowsOfParquetAsWereWritten(int rows, @Nullable String refused)
      throws Exception {
    DatedJob job = nights.inParquet().job();
    NightlyRun run = nights.run(job, DEAD, new Nights.Pauses());
    List<InputFile> inputs = job.inputs().list().orElseThrow();
    Execution execution =
        lost -> {
          Path staged = Path.of(job.staging(job.id(), "predictions").getPath());
          try {
            Files.createDirectories(staged);
            write(staged.resolve("part-0"), rows);
            if (rows == 7) {
              Files.writeString(staged.resolve("part-0"), "cut off");
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return Nights.figures(9, 9, 0);
        };

    if (refused == null) {
      assertThat(run.run(inputs, false, execution).published()).isTrue();
    } else {
      assertThatThrownBy(() -> run.run(inputs, false, execution)).hasMessageContaining(refused);
      assertThat(nights.out()).doesNotExist();
    }
  }

  private static void write(Path file, int rows) throws IOException {
    MessageType type = MessageTypeParser.parseMessageType("message rows { optional float z; }");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file)).withType(type).build()) {
      for (int row = 0; row < rows; row++) {
        writer.write(new SimpleGroup(type));
      }
    }
  }

  @Test
  void publishesAnEmptyFolderOfNoFiles() throws Exception {
    Files.delete(nights.in().resolve("a.json"));
    DatedJob job = nights.job();

    nights
        .run(job, DEAD, new Nights.Pauses())
        .run(job.inputs().list().orElseThrow(), false, lost -> Nights.figures(0, 0, 0));

    assertThat(nights.out().toFile().list())
        .containsExactlyInAnyOrder("_SUCCESS", "_tidemill.json");
    assertThat(nights.dead().resolve("_SUCCESS")).exists();
  }

  @Test
  void refusesAFolderWithFilesThatNoRunHasMadeUnlessItIsForced() throws Exception {
    Path strange = Files.createDirectories(nights.out()).resolve("by-hand.json");
    Files.writeString(strange, "mine");

    assertThatThrownBy(() -> nights.run(false, "one"))
        .hasMessageContaining("has files that no run has published, as 'by-hand.json'");
    assertThat(strange).hasContent("mine");

    nights.run(true, "one");
    assertThat(strange).doesNotExist();
  }

  @Test
  void refusesAFolderOfDeadLettersWithFilesThatNoRunHasMade() throws Exception {
    Files.writeString(Files.createDirectories(nights.dead()).resolve("a"), "mine");

    assertThatThrownBy(() -> nights.run(false, "one"))
        .hasMessageContaining("dead/dt=2026-11-21' has files that no run has published");
  }

  @ParameterizedTest
  @ValueSource(strings = {"out", "dead"})
  void replacesNothingThatCameWhileItScored(String where) throws Exception {
    nights.run(false, "one");
    nights.input("two");
    Path strange = directory.resolve(where).resolve("dt=2026-11-21/by-hand.json");
    DatedJob job = nights.job();

    assertThatThrownBy(
            () ->
                nights
                    .run(job, DEAD, new Nights.Pauses())
                    .run(
                        job.inputs().list().orElseThrow(),
                        false,
                        lost -> {
                          write(strange);
                          return Nights.score(job, "two");
                        }))
        .hasMessageContaining("someone has changed the files in '")
        .hasMessageContaining("while it scored");

    assertThat(strange).hasContent("mine");
    assertThat(nights.out().resolve("part-0")).hasContent("one");
  }

  @Test
  void saysThatReadersSeeAllOfItWhereOnlyItsAccountIsMissing() throws Exception {
    LocalFileSystem files =
        new LocalFileSystem() {
          @Override
          public FSDataOutputStream create(org.apache.flink.core.fs.Path path, WriteMode mode)
              throws IOException {
            if (path.getPath().contains("/runs/")
                && Files.exists(nights.out().resolve("_SUCCESS"))) {
              throw new IOException("hiccup");
            }
            return super.create(path, mode);
          }
        };
    DatedJob job = nights.job(files, true);

    assertThatThrownBy(() -> score(job))
        .hasMessageContaining("hiccup")
        .hasMessageEndingWith(
            "readers see all of it, and the next run for this date accounts for it");

    assertThat(nights.run(false, "two").published()).isFalse();
    assertThat(nights.out().resolve("part-0")).hasContent("one");
    assertThat(nights.job().accounts().all())
        .extracting(RunAccount::state)
        .containsExactly(RunState.PUBLISHED);
  }

  @Test
  void isRefusedWhileAnotherRuns() throws Exception {
    DatedJob job = nights.job();
    List<InputFile> inputs = job.inputs().list().orElseThrow();

    nights
        .run(job, LIVING, new Nights.Pauses())
        .run(
            inputs,
            false,
            lost -> {
              assertThatThrownBy(() -> nights.run(false, "two"))
                  .isInstanceOfSatisfying(
                      NightlyException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TAKEN))
                  .hasMessageContaining(
                      "another run publishes there: run 1 of job 'nights' by process 2 on here");
              return Nights.score(job, "one");
            });

    assertThat(nights.job().accounts().all()).hasSize(1);
  }

  @Test
  void publishesNothingOnceItWasTakenForDead() throws Exception {
    assertThatThrownBy(
            () ->
                run(
                    () -> {
                      try {
                        assertThat(nights.run(false, "two").account().run()).isEqualTo(2);
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return Nights.figures(10, 10, 0);
                    }))
        .hasMessageContaining("run 1 of job 'nights'")
        .hasMessageContaining("was taken for dead, and another run has its place");

    assertThat(nights.out().resolve("part-0")).hasContent("two");
    assertThat(nights.job().accounts().all())
        .extracting(RunAccount::state)
        .containsExactly(RunState.DIED, RunState.PUBLISHED);
  }

  @Test
  void saysThatItWasTakenForDeadWhereItsJobFailsForThat() {
    assertThatThrownBy(
            () ->
                run(
                    () -> {
                      try {
                        nights.run(false, "two");
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      throw new IllegalStateException("job 'nights' was cancelled");
                    }))
        .isInstanceOfSatisfying(
            NightlyException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TAKEN))
        .hasMessageContaining("was taken for dead, and another run has its place");
  }

  @Test
  void publishesNothingOnceItWasTakenForDeadByOneThatHadNothingToDo() throws Exception {
    nights.run(false, "one");
    DatedJob job = nights.job();

    assertThatThrownBy(
            () ->
                nights
                    .run(job, DEAD, new Nights.Pauses())
                    .run(
                        job.inputs().list().orElseThrow(),
                        true,
                        lost -> {
                          assertThat(nights.run(false, "two").published()).isFalse();
                          return Nights.figures(10, 10, 0);
                        }))
        .hasMessageContaining("was taken for dead, and another run has its place");

    assertThat(nights.out().resolve("part-0")).hasContent("one");
  }

  @ParameterizedTest
  @CsvSource({
    "true, replacing",
    "true, moving",
    "false, replacing",
    "false, moving",
    "false, _SUCCESS is deleted",
    "false, part-0 is deleted",
    "false, part-0 is moved",
    "false, dead part-0 is moved"
  })
  void leavesWhatIsPublishedOnceItWasTakenForDead(boolean movesAtOnce, String moment)
      throws Exception {
    nights.run(false, "one");
    nights.input("three");
    AtomicBoolean passed = new AtomicBoolean();
    CrashingFileSystem files =
        new CrashingFileSystem(movesAtOnce, Long.MAX_VALUE)
            .watched(
                moved -> finishFor(moment, movedNow(moved), movesAtOnce, passed),
                deleted ->
                    finishFor(
                        moment,
                        deleted.getPath().startsWith(nights.out() + "/")
                            ? deleted.getName() + " is deleted"
                            : "",
                        movesAtOnce,
                        passed));
    DatedJob job = nights.job(files, movesAtOnce);

    assertThatThrownBy(
            () ->
                nights
                    .run(job, DEAD, new Nights.Pauses())
                    .run(
                        job.inputs().list().orElseThrow(), false, lost -> Nights.score(job, "two")))
        .isInstanceOfSatisfying(
            NightlyException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TAKEN))
        .hasMessageContaining("was taken for dead, and another run has its place");

    for (Path folder : List.of(nights.out(), nights.dead())) {
      assertThat(folder.toFile().list())
          .containsExactlyInAnyOrder("part-0", "part-1", "_tidemill.json", "_SUCCESS");
      assertThat(folder.resolve("part-1")).hasContent("two");
    }
    RunAccount finished = nights.job().accounts().all().get(1);
    assertThat(finished.state()).isEqualTo(RunState.PUBLISHED);
    assertThat(finished.finished()).as("when it ended nobody knows").isNull();
    assertThat(finished.seconds()).isZero();
  }

  @Test
  void publishesInPlaceOfAnEmptyFolderThatAnotherMakesMeanwhile() throws Exception {
    nights.run(false, "one");
    nights.input("three");

    runAsItsFolderIsMade(List.of());

    assertThat(nights.out().toFile().list())
        .containsExactlyInAnyOrder("part-0", "part-1", "_tidemill.json", "_SUCCESS");
    assertThat(nights.out().resolve("part-0")).hasContent("two");
  }

  @Test
  void publishesNothingIntoAFolderThatAnotherFillsMeanwhile() throws Exception {
    nights.run(false, "one");
    nights.input("three");

    assertThatThrownBy(() -> runAsItsFolderIsMade(List.of("stranger")))
        .hasMessageContaining("cannot be moved to '" + nights.out() + "'");
    assertThat(nights.out().toFile().list()).containsExactly("stranger");

    Files.delete(nights.out().resolve("stranger"));
    nights.run(false, "two");
    assertThat(nights.out().resolve("_SUCCESS")).exists();
    assertThat(nights.out().resolve("part-0")).hasContent("two");
  }

  /** Runs where another makes the folder of predictions again when it was taken away. */
  private void runAsItsFolderIsMade(List<String> strangers) throws InterruptedException {
    CrashingFileSystem files =
        new CrashingFileSystem(true, Long.MAX_VALUE)
            .watched(
                moved -> {
                  if (moved.getPath().endsWith("/replaced/0")) {
                    try {
                      Files.createDirectories(nights.out());
                      for (String stranger : strangers) {
                        Files.createFile(nights.out().resolve(stranger));
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }
                },
                deleted -> {});
    DatedJob job = nights.job(files, true);
    nights
        .run(job, DEAD, new Nights.Pauses())
        .run(job.inputs().list().orElseThrow(), false, lost -> Nights.score(job, "two"));
  }

  @Test
  void leavesNothingToClearOnceOthersMayBegin() throws Exception {
    AtomicBoolean said = new AtomicBoolean();
    CrashingFileSystem files =
        new CrashingFileSystem(true, Long.MAX_VALUE)
            .watched(
                moved -> {
                  if (moved.getName().startsWith("00000001-")
                      && nights.job().accounts().all().get(0).state() == RunState.PUBLISHED) {
                    said.set(true);
                    assertThat(nights.staging()).doesNotExist();
                  }
                },
                deleted -> {});
    DatedJob job = nights.job(files, true);

    nights
        .run(job, DEAD, new Nights.Pauses())
        .run(job.inputs().list().orElseThrow(), false, lost -> Nights.score(job, "one"));

    assertThat(said).isTrue();
  }

  /** What of a run a move shows. */
  private String movedNow(org.apache.flink.core.fs.Path moved) {
    if (moved.getPath().equals(nights.out() + "/part-0")) {
      return "part-0 is moved";
    }
    if (moved.getPath().equals(nights.dead() + "/part-0")) {
      return "dead part-0 is moved";
    }
    return moved.getName().startsWith("00000002-")
        ? new AccountFiles(nights.job().place().files())
            .read(moved, RunAccount.class)
            .orElseThrow()
            .state()
            .name()
            .toLowerCase(java.util.Locale.ROOT)
        : "";
  }

  /** Another run takes this one for dead at a moment, and finishes what it publishes. */
  private void finishFor(String moment, String now, boolean movesAtOnce, AtomicBoolean passed) {
    if (now.equals(moment) && !passed.getAndSet(true)) {
      DatedJob job = nights.job(new CrashingFileSystem(movesAtOnce, Long.MAX_VALUE), movesAtOnce);
      try {
        nights
            .run(job, DEAD, new Nights.Pauses())
            .run(job.inputs().list().orElseThrow(), false, lost -> Nights.score(job, "another"));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** What a job does. */
  private interface Work {
    io.tidemill.pipelines.run.RunFigures run();
  }

  private void run(Work work) throws InterruptedException {
    DatedJob job = nights.job();
    nights
        .run(job, DEAD, new Nights.Pauses())
        .run(job.inputs().list().orElseThrow(), false, lost -> work.run());
  }

  private static void write(Path file) {
    try {
      Files.writeString(file, "mine");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
