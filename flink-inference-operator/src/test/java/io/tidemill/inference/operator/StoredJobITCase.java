package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.FakeModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The savepoint of a release, as Flink wrote it, restored by this one. The folder is copied first,
 * because a user moves savepoints too.
 *
 * <p>{@link StoredJob} says what is in a savepoint, {@link NewReleaseITCase} how one is written.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class StoredJobITCase {
  private static final Path FOLDER = Path.of("src", "test", "resources", "savepoints");

  @TempDir private Path folder;

  private record Restored(Path savepoint, int parallelism) {}

  private static List<Path> releases() throws IOException {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders.map(release -> release.resolve("job")).toList();
    }
  }

  private static List<Restored> restored() throws IOException {
    List<Restored> restored = new ArrayList<>();
    for (Path savepoint : releases()) {
      for (int parallelism : new int[] {1, 2, 5}) {
        restored.add(new Restored(savepoint, parallelism));
      }
    }
    return restored;
  }

  private void restoresEverything(Path savepoint, int parallelism) throws Exception {
    Path moved = folder.resolve("moved");
    StoredJob.copy(savepoint, moved);
    FakeModel model = FakeModel.ofFeatures(1);
    Configuration configuration = new Configuration();
    configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, moved.toUri().toString());
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration);
    List<String> outcomes = new ArrayList<>();
    try (CloseableIterator<String> results =
        StoredJob.attach(environment, StoredJob.AT_ONCE, model).executeAndCollect()) {
      results.forEachRemaining(outcomes::add);
    }

    assertThat(outcomes)
        .containsExactlyInAnyOrderElementsOf(
            LongStream.rangeClosed(StoredJob.EMITTED + 1, StoredJob.RECORDS)
                .mapToObj(record -> StoredJob.outcome(record, StoredJob.timestamp(record)))
                .toList());
    // Each subtask has at least three records, and the step's own limit is larger.
    assertThat(model.callSizes()).contains(StoredJob.SIZE_LIMIT);
    assertThat(model.callSizes()).allMatch(rows -> rows <= StoredJob.SIZE_LIMIT);
  }

  @ParameterizedTest
  @MethodSource("restored")
  void everyRecordOfAReleasesSavepointComesOutOnceAtAnyParallelism(Restored restored)
      throws Exception {
    restoresEverything(restored.savepoint(), restored.parallelism());
  }

  @Test
  void thisReleasesSavepointIsKeptAndNamesNoPlace() throws IOException {
    assertThat(releases()).contains(FOLDER.resolve("0.1.0").resolve("job"));
    for (Path savepoint : releases()) {
      try (Stream<Path> files = Files.list(savepoint)) {
        for (Path file : files.toList()) {
          assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
              .as(file.toString())
              .doesNotContain("file:")
              .doesNotContainPattern("/(tmp|home|root|var|opt|Users)/");
        }
      }
    }
  }

  @Test
  void whatIsWrittenNowIsRestoredToo() throws Exception {
    Path written = folder.resolve("written");

    StoredJob.write(written);

    restoresEverything(written, 1);
  }
}
