package io.tidemill.pipelines.nightly;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.enumerate.FileEnumerator;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveAllDirEnumerator;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveEnumerator;
import org.apache.flink.core.fs.Path;

/**
 * The files that a source of files reads. Immutable.
 *
 * @param pattern which of the files below the folder; empty for all that are not hidden
 */
record Inputs(Path path, Optional<String> pattern) {
  private static final String PATTERN = "source.path.regex-pattern";

  static Inputs of(Map<String, String> options) {
    return new Inputs(
        new Path(options.getOrDefault(DatedJob.PATH, "")),
        Optional.ofNullable(options.get(PATTERN)));
  }

  /**
   * The files as they are now, as Flink's source finds them, by path. Blocks on the file system.
   *
   * @return empty if the path is not there
   * @throws NightlyException if it cannot be read
   */
  Optional<List<InputFile>> list() {
    FileEnumerator enumerator =
        pattern
            .<FileEnumerator>map(NonSplittingRecursiveAllDirEnumerator::new)
            .orElseGet(NonSplittingRecursiveEnumerator::new);
    try {
      if (!path.getFileSystem().exists(path)) {
        return Optional.empty();
      }
      return Optional.of(
          enumerator.enumerateSplits(new Path[] {path}, 1).stream()
              .map(Inputs::file)
              .sorted(Comparator.comparing(InputFile::path))
              .toList());
    } catch (FileNotFoundException goneMeanwhile) {
      return Optional.empty();
    } catch (IOException unreadable) {
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "input '%s' cannot be listed: %s (expected: a file or folder that can be read)"
              .formatted(path, unreadable.getMessage()),
          unreadable);
    }
  }

  private static InputFile file(FileSourceSplit split) {
    return new InputFile(
        split.path().toString(),
        split.fileSize(),
        Instant.ofEpochMilli(split.fileModificationTime()).toString());
  }
}
