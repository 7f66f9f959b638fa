package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.options.ConnectorOptions;
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
 * @param place the path as the job has it
 * @param pattern which of the files below the folder; empty for all that are not hidden
 * @param mayBeNone whether a folder without files is input
 */
record FileInputs(String place, Path path, Optional<String> pattern, boolean mayBeNone)
    implements Inputs {
  /** How often it is listed until nothing that was in it goes meanwhile. */
  private static final int LISTINGS = 10;

  private static final String PATTERN = "source.path.regex-pattern";

  /**
   * Those of a source.
   *
   * @param tellColumns whether the job has its columns from one of them
   */
  static FileInputs of(Map<String, String> options, boolean tellColumns) {
    Map<String, String> told = new ConnectorOptions("source", options).ofOneFolder().values();
    return new FileInputs(
        options.getOrDefault(DatedJob.PATH, ""),
        new Path(told.getOrDefault(DatedJob.PATH, "")),
        Optional.ofNullable(told.get(PATTERN)),
        !tellColumns && told.get(PATTERN) == null);
  }

  @Override
  public String expected() {
    if (mayBeNone) {
      return "a file or folder, which may be empty";
    }
    return pattern.isEmpty()
        ? "one file or more, as the job declares no columns and has them from the first"
        : "one file that this asks for, or more";
  }

  @Override
  public Optional<List<InputFile>> list() {
    try {
      FileEnumerator enumerator =
          pattern
              .<FileEnumerator>map(NonSplittingRecursiveAllDirEnumerator::new)
              .orElseGet(NonSplittingRecursiveEnumerator::new);
      FileNotFoundException gone = null;
      for (int listing = 0; listing < LISTINGS; listing++) {
        if (!path.getFileSystem().exists(path)) {
          return Optional.empty();
        }
        try {
          return Optional.of(
                  enumerator.enumerateSplits(new Path[] {path}, 1).stream()
                      .map(FileInputs::file)
                      .sorted(Comparator.comparing(InputFile::path))
                      .toList())
              .filter(files -> mayBeNone || !files.isEmpty());
        } catch (FileNotFoundException goneMeanwhile) {
          gone = goneMeanwhile;
        }
      }
      throw requireNonNull(gone, "gone");
    } catch (IOException | RuntimeException unreadable) {
      // Flink's S3 file system, for one, throws what the client of S3 throws.
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "input '%s' cannot be listed: %s (expected: files and folders that can be read; Flink reads no link to nothing, and no name with ':' or '\\' in it)"
              .formatted(place, unreadable.getMessage()),
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
