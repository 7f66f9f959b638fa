package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.RootCause;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveAllDirEnumerator;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.core.fs.Path;

/**
 * The files that a source of files reads. Immutable.
 *
 * @param path a file, or a folder
 * @param pattern of the paths of those that are read; empty for all that are not hidden
 */
public record SourceFiles(Path path, Optional<String> pattern) {
  /** How often it is listed until nothing that was in it goes meanwhile. */
  private static final int LISTINGS = 10;

  /**
   * Those of a source.
   *
   * @param options of Flink's connector, {@linkplain ConnectorOptions#ofOneFolder of one folder},
   *     whose pattern {@linkplain #refuseWrongPattern was looked at}
   */
  public static SourceFiles of(ConnectorOptions options) {
    return new SourceFiles(
        new Path(options.value(ConnectorOptions.PATH).orElse("")),
        Configuration.fromMap(options.values())
            .getOptional(FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN));
  }

  /** Refuses a pattern that would fail whoever lists the files. */
  public static void refuseWrongPattern(OptionCheck check) {
    ConfigOption<String> option = FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN;
    String pattern = check.options().values().getOrDefault(option.key(), "");
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException wrong) {
      check.refuse(
          option,
          "'%s': %s (expected: a regular expression for whole paths of files)",
          pattern,
          wrong.getDescription());
    }
  }

  /**
   * Each whole, in the order of their paths. Blocks on the file system.
   *
   * @return empty if neither the file nor the folder is there
   * @throws IOException if they cannot be listed, naming the path
   */
  public Optional<List<FileSourceSplit>> list() throws IOException {
    try {
      FileNotFoundException gone = null;
      for (int listing = 0; listing < LISTINGS; listing++) {
        if (!path.getFileSystem().exists(path)) {
          return Optional.empty();
        }
        try {
          return Optional.of(inOrder());
        } catch (FileNotFoundException goneMeanwhile) {
          gone = goneMeanwhile;
        }
      }
      throw requireNonNull(gone, "gone");
    } catch (IOException | RuntimeException unreadable) {
      // Flink's S3 file system, for one, throws what the client of S3 throws.
      throw new IOException(
          "%s: cannot be listed: %s".formatted(path, RootCause.of(unreadable).message()),
          unreadable);
    }
  }

  private List<FileSourceSplit> inOrder() throws IOException {
    Collection<FileSourceSplit> found =
        new NonSplittingRecursiveAllDirEnumerator(pattern.orElse(FolderFiles.ALL))
            .enumerateSplits(new Path[] {path}, 1);
    return found.stream().sorted(Comparator.comparing(file -> file.path().toString())).toList();
  }
}
