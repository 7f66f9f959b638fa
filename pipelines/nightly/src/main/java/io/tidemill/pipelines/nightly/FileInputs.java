package io.tidemill.pipelines.nightly;

import io.tidemill.connectors.files.SourceFiles;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.RootCause;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.connector.file.src.FileSourceSplit;

/**
 * The files that a source of files reads. Immutable.
 *
 * @param place the path as the job has it
 * @param mayBeNone whether a folder without files is input
 */
record FileInputs(String place, SourceFiles files, boolean mayBeNone) implements Inputs {
  /**
   * Those of a source.
   *
   * @param tellColumns whether the job has its columns from one of them
   */
  static FileInputs of(Map<String, String> options, boolean tellColumns) {
    SourceFiles files = SourceFiles.of(new ConnectorOptions("source", options).ofOneFolder());
    return new FileInputs(
        options.getOrDefault(DatedJob.PATH, ""), files, !tellColumns && files.pattern().isEmpty());
  }

  @Override
  public String expected() {
    if (mayBeNone) {
      return "a file or folder, which may be empty";
    }
    return files.pattern().isEmpty()
        ? "one file or more, as the job declares no columns and has them from the last"
        : "one file that this asks for, or more";
  }

  @Override
  public Optional<List<InputFile>> list() {
    try {
      return files
          .list()
          .map(all -> all.stream().map(FileInputs::file).toList())
          .filter(all -> mayBeNone || !all.isEmpty());
    } catch (IOException unreadable) {
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "input '%s' cannot be listed: %s (expected: files and folders that can be read; Flink reads no link to nothing, and no name with ':' or '\\' in it)"
              .formatted(place, RootCause.of(unreadable).message()),
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
