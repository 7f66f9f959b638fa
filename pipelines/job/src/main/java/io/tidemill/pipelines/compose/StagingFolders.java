package io.tidemill.pipelines.compose;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folders that Flink makes as soon as a sink of files is added to a batch graph. A plan writes
 * nothing: what was made goes again when this is closed, as long as it is empty. Not thread-safe.
 */
final class StagingFolders implements AutoCloseable {
  private static final String STAGING = ".staging_";
  private static final Logger LOG = LoggerFactory.getLogger(StagingFolders.class);

  private final List<Path> sinks;
  private final Set<Path> before;
  private final List<Path> missing = new ArrayList<>();
  private final List<Path> own = new ArrayList<>();
  private boolean kept;

  /**
   * Looks at what is there. What holds all folders is there, and Flink's S3 file system does not
   * take a question about it.
   */
  StagingFolders(List<Path> sinks) {
    this.sinks = sinks;
    before = Set.copyOf(in(sinks));
    for (Path sink : sinks) {
      try {
        FileSystem files = sink.getFileSystem();
        Path path = sink;
        while (path.getParent() != null && !files.exists(path)) {
          missing.add(path);
          path = path.getParent();
        }
      } catch (IOException | RuntimeException unreadable) {
        // Flink's S3 file system, for one, throws what the client of S3 throws.
        LOG.debug("{}: cannot be looked into", sink, unreadable);
      }
    }
  }

  /** Those that are there; of a folder that cannot be looked into none. */
  static List<Path> in(List<Path> sinks) {
    List<Path> there = new ArrayList<>();
    for (Path sink : sinks) {
      try {
        there.addAll(staging(sink));
      } catch (IOException | RuntimeException unreadable) {
        LOG.debug("{}: cannot be looked into", sink, unreadable);
      }
    }
    return there;
  }

  private static List<Path> staging(Path sink) throws IOException {
    FileSystem files = sink.getFileSystem();
    return files.exists(sink)
        ? Stream.of(files.listStatus(sink))
            .map(there -> new Path(sink, there.getPath().getName()))
            .filter(path -> path.getName().startsWith(STAGING))
            .toList()
        : List.of();
  }

  /** Takes what comes meanwhile for what was made: what comes later is another job's. */
  void madeBy(Runnable adding) {
    try {
      adding.run();
    } finally {
      in(sinks).stream().filter(there -> !before.contains(there)).forEach(own::add);
    }
  }

  /** Leaves what was made to a job, which now has it. */
  void keep() {
    kept = true;
  }

  /** Deletes what was left to a job that has ended and moves no files any more. */
  void discard() {
    own.forEach(folder -> delete(folder, true));
    missing.forEach(folder -> delete(folder, false));
  }

  @Override
  public void close() {
    if (kept) {
      return;
    }
    own.forEach(folder -> delete(folder, false));
    missing.forEach(folder -> delete(folder, false));
  }

  private static void delete(Path folder, boolean withAllInIt) {
    try {
      folder.getFileSystem().delete(folder, withAllInIt);
    } catch (IOException | RuntimeException stays) {
      LOG.debug("{}: left as it is", folder, stays);
    }
  }
}
