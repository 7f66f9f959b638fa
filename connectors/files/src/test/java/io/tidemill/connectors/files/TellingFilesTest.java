package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.FileFailureException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TellingFilesTest {
  @TempDir private Path directory;
  private final List<String> asked = new ArrayList<>();

  @BeforeEach
  void twoFiles() throws IOException {
    Files.writeString(directory.resolve("1"), "1");
    Files.writeString(directory.resolve("2"), "2");
  }

  @Test
  void theLastByPathTells() throws Exception {
    assertThat(told(false)).isEqualTo("2");
    assertThat(asked).containsExactly("2");
  }

  @Test
  void aCorruptOneIsPassedOverOnlyWhereItDoesNotFailTheJob() throws Exception {
    assertThat(told(true, new IllegalStateException("damage"), new IllegalStateException()))
        .isEqualTo("1");
    assertThat(asked).containsExactly("2", "2", "1");

    assertThatThrownBy(
            () -> told(false, new IllegalStateException("damage"), new IllegalStateException()))
        .isInstanceOf(TellingFiles.CorruptException.class)
        .hasMessage("the columns of file:%s/2 cannot be read: damage", directory);
  }

  @Test
  void whereAllAreCorruptTheLastIsNamed() {
    assertThatThrownBy(
            () ->
                told(
                    true,
                    new IOException("second"),
                    new IOException(),
                    new IOException("first"),
                    new IOException()))
        .isInstanceOf(TellingFiles.CorruptException.class)
        .hasMessage("the columns of file:%s/2 cannot be read: second", directory);
  }

  @Test
  void aFailureThatDoesNotComeAgainIsOfTheFileSystem() {
    isOfTheFileSystem(new IOException("timed out"));
    isOfTheFileSystem(new IllegalStateException("503"), new IOException("timed out"));
  }

  @Test
  void aFileThatMayNotBeReadIsNotCorrupt() {
    isOfTheFileSystem(new AccessDeniedException("2"), new AccessDeniedException("2"));
  }

  /** Flink may have a file system that Hadoop lacks. */
  @Test
  void aFileOfAFileSystemThatTheFormatLacksIsNotCorrupt() {
    isOfTheFileSystem(
        new UnsupportedFileSystemException("No FileSystem for scheme \"s3\""),
        new UnsupportedFileSystemException("No FileSystem for scheme \"s3\""));
  }

  @Test
  void aFileThatIsGoneIsNotCorrupt() {
    TellingFiles files =
        new TellingFiles(
            files(),
            file -> {
              Files.delete(directory.resolve("2"));
              throw new IOException("gone");
            },
            true);

    assertThatThrownBy(files::told)
        .isInstanceOf(FileFailureException.class)
        .hasMessage("the columns of file:%s/2 cannot be read: gone", directory);
  }

  private void isOfTheFileSystem(Exception... failures) {
    assertThatThrownBy(() -> told(true, failures))
        .isInstanceOf(FileFailureException.class)
        .hasMessage(
            "the columns of file:%s/2 cannot be read: %s", directory, failures[0].getMessage());
  }

  /** The name of the file that tells, if reading the columns of one fails so at first. */
  private String told(boolean passesOverCorrupt, Exception... failures) throws Exception {
    asked.clear();
    FileColumns columns =
        file -> {
          asked.add(file.path().getName());
          if (asked.size() <= failures.length) {
            Exception failure = failures[asked.size() - 1];
            if (failure instanceof IOException io) {
              throw io;
            }
            throw (RuntimeException) failure;
          }
          return RowType.of();
        };
    String told = new TellingFiles(files(), columns, passesOverCorrupt).told().orElseThrow().file();
    return Path.of(told).getFileName().toString();
  }

  private SourceFiles files() {
    return new SourceFiles(
        new org.apache.flink.core.fs.Path(directory.toString()), Optional.empty());
  }
}
