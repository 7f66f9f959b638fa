package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.ConnectorOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * What {@code plan} and {@code run} are told about the state that a job begins with; without a
 * word, it goes on from the newest that its runs have left.
 */
final class ResumeOptions {
  private static final String FROM = "--from-savepoint";
  private static final String ALLOW = "--allow-non-restored-state";
  private static final String FRESH = "--fresh";
  private static final String METADATA = "_metadata";

  @Option(
      names = {"-s", FROM},
      paramLabel = "PATH",
      description = {
        "Go on from a savepoint or a retained checkpoint:",
        "its folder, which holds _metadata, on any file system of Flink."
      })
  private @Nullable String savepoint;

  @Option(
      names = {"-n", ALLOW},
      description = "Let state go that belongs to no operator of the job any more.")
  private boolean allowNonRestoredState;

  @Option(
      names = FRESH,
      description = {
        "Begin anew, where the source's options say, whatever earlier runs have left.",
        "Default: go on from the newest checkpoint or savepoint of this job's runs."
      })
  private boolean fresh;

  /** Whether a savepoint is named. */
  boolean given() {
    return savepoint != null;
  }

  /** Whether the job begins anew. */
  boolean fresh() {
    return fresh;
  }

  /** The words by which another command is told the same. */
  List<String> words() {
    List<String> words = new ArrayList<>();
    if (savepoint != null) {
      words.addAll(List.of(FROM, ConnectorOptions.withoutSecrets(savepoint)));
    }
    if (allowNonRestoredState) {
      words.add(ALLOW);
    }
    if (fresh) {
      words.add(FRESH);
    }
    return words;
  }

  /**
   * Flink's options for it. Blocks on the savepoint's file system.
   *
   * @throws CommandFailedException if there is no savepoint at the path
   */
  Map<String, String> flinkOptions() {
    Map<String, String> options = new LinkedHashMap<>();
    if (fresh && (savepoint != null || allowNonRestoredState)) {
      throw refused(
          "%s: beside %s (expected: one of them)"
              .formatted(FRESH, savepoint == null ? ALLOW : FROM),
          null);
    }
    if (savepoint != null) {
      options.put(StateRecoveryOptions.SAVEPOINT_PATH.key(), existing(savepoint).toString());
    }
    if (allowNonRestoredState) {
      options.put(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE.key(), "true");
    }
    return options;
  }

  /** The path with its scheme, so that it means the same wherever Flink reads it. */
  private static Path existing(String given) {
    try {
      Path path = new Path(given);
      FileSystem files = path.getFileSystem();
      Path full = path.makeQualified(files);
      if (!files.exists(full)) {
        throw refused("%s: %s: not there".formatted(FROM, full), null);
      }
      FileStatus status = files.getFileStatus(full);
      boolean whole =
          status.isDir() ? files.exists(new Path(full, METADATA)) : full.getName().equals(METADATA);
      if (!whole) {
        throw refused(
            "%s: %s: no savepoint (expected: a folder with the file %s%s)"
                .formatted(FROM, full, METADATA, suggestion(files, status)),
            null);
      }
      return full;
    } catch (IOException | IllegalArgumentException unreadable) {
      throw refused("%s: %s: %s".formatted(FROM, given, unreadable.getMessage()), unreadable);
    }
  }

  /** Savepoints in a folder that is none itself. */
  private static String suggestion(FileSystem files, FileStatus folder) throws IOException {
    List<String> savepoints = new ArrayList<>();
    if (folder.isDir()) {
      for (FileStatus child : files.listStatus(folder.getPath())) {
        if (child.isDir() && files.exists(new Path(child.getPath(), METADATA))) {
          savepoints.add(child.getPath().getName());
        }
      }
    }
    return savepoints.isEmpty() ? "" : "; those in it: " + String.join(", ", savepoints);
  }

  private static CommandFailedException refused(String message, @Nullable Throwable cause) {
    return new CommandFailedException(ExitCode.USAGE, message, cause);
  }
}
