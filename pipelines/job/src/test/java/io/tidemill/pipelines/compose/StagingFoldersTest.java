package io.tidemill.pipelines.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingFoldersTest {
  @TempDir private Path sink;

  private StagingFolders folders() {
    return new StagingFolders(List.of(new org.apache.flink.core.fs.Path(sink.toUri())));
  }

  private Path staged(String name) {
    try {
      return Files.createFile(
          Files.createDirectory(sink.resolve(".staging_" + name)).resolve("part"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void ofJobsThatWriteBesideItOneThatFailedDeletesOnlyItsOwn() {
    Path before = staged("before");
    try (StagingFolders folders = folders()) {
      folders.madeBy(() -> staged("own"));
      Path after = staged("after");
      folders.keep();

      folders.discard();

      assertThat(sink.resolve(".staging_own")).doesNotExist();
      assertThat(List.of(before, after)).allSatisfy(file -> assertThat(file).exists());
    }
  }

  @Test
  void whatIsEmptyGoesWhereTheGraphCouldNotBeMade() {
    assertThatThrownBy(
            () -> {
              try (StagingFolders folders = folders()) {
                folders.madeBy(
                    () -> {
                      staged("own").toFile().delete();
                      throw new IllegalStateException("no graph");
                    });
              }
            })
        .hasMessage("no graph");

    assertThat(sink).isEmptyDirectory();
  }
}
