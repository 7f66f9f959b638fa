package io.tidemill.pipelines.run;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the runs of a job leave to the next one, on any file system of Flink: a folder {@code run-7}
 * for each, with Flink's own {@code <job id>/chk-12} in it.
 *
 * <p>Which state is the newest is told by numbers and never by a clock: runs are numbered, and the
 * checkpoints of a run go on from the number of the one that it began with. A run that began anew,
 * or with a state that a person named, or came to the end of its input, hides those before it.
 * Immutable.
 *
 * @param root with a scheme
 */
record KeptStates(Path root) {
  /** Where a run leaves what it stops with; what lies beside it was asked for by a person. */
  static final String LAST = "last";

  private static final String BEGAN_ANEW = "began-anew";
  private static final String BEGAN_WITH = "began-with";
  private static final String FINISHED = "finished";
  private static final Pattern RUN = Pattern.compile("run-(\\d{1,9})");

  /**
   * How often a folder is listed until all that was in it is still there: a job that has ended
   * deletes its checkpoints a little later, and Flink's local file system looks at every child
   * after it has listed their names.
   */
  private static final int LISTINGS = 100;

  private static final Logger LOG = LoggerFactory.getLogger(KeptStates.class);

  /** The state that the next run goes on from, unless it has to begin anew. */
  Optional<KeptState> newest() throws IOException {
    List<Integer> newestFirst = runs();
    newestFirst.sort(Comparator.reverseOrder());
    FileSystem files = root.getFileSystem();
    for (int run : newestFirst) {
      if (files.exists(new Path(folder(run), FINISHED))) {
        return Optional.empty();
      }
      Optional<KeptState> state = newestOf(run);
      if (state.isEmpty()) {
        state = givenTo(run);
      }
      if (state.isPresent() || files.exists(new Path(folder(run), BEGAN_ANEW))) {
        return state;
      }
    }
    return Optional.empty();
  }

  /** The number of the next run. */
  int next() throws IOException {
    return runs().stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
  }

  Path folder(int run) {
    return new Path(root, "run-" + run);
  }

  /** Makes the folder of a run that goes on from the newest state. */
  void begin(int run) throws IOException {
    root.getFileSystem().mkdirs(folder(run));
  }

  /** Makes the folder of a run that begins anew. */
  void beginAnew(int run) throws IOException {
    begin(run);
    mark(run, BEGAN_ANEW, "");
  }

  /** Makes the folder of a run that goes on from a state that a person named. */
  void beginWith(int run, String given) throws IOException {
    begin(run);
    mark(run, BEGAN_WITH, given);
  }

  /** Says that a run came to the end of its input, so that nothing is left to go on with. */
  void finish(int run) throws IOException {
    mark(run, FINISHED, "");
  }

  private void mark(int run, String name, String text) throws IOException {
    try (OutputStream out =
        root.getFileSystem().create(new Path(folder(run), name), FileSystem.WriteMode.OVERWRITE)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** What a run that has left nothing itself began with, if a person named it. */
  private Optional<KeptState> givenTo(int run) throws IOException {
    Path mark = new Path(folder(run), BEGAN_WITH);
    FileSystem files = root.getFileSystem();
    if (!files.exists(mark)) {
      return Optional.empty();
    }
    String given;
    try (InputStream in = files.open(mark)) {
      given = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    // One that was killed while it wrote this had not begun.
    return given.isEmpty() ? Optional.empty() : Optional.of(read(new Path(given), run, true));
  }

  private List<Integer> runs() throws IOException {
    List<Integer> runs = new ArrayList<>();
    for (Path child : children(root)) {
      Matcher name = RUN.matcher(child.getName());
      if (name.matches()) {
        runs.add(Integer.parseInt(name.group(1)));
      }
    }
    return runs;
  }

  private List<Path> children(Path folder) throws IOException {
    FileSystem files = root.getFileSystem();
    FileNotFoundException last = null;
    for (int listing = 0; listing < LISTINGS; listing++) {
      if (!files.exists(folder)) {
        return List.of();
      }
      try {
        FileStatus @Nullable [] children = files.listStatus(folder);
        if (children != null) {
          return Stream.of(children).filter(FileStatus::isDir).map(FileStatus::getPath).toList();
        }
      } catch (FileNotFoundException deletedMeanwhile) {
        last = deletedMeanwhile;
      }
    }
    throw last != null ? last : new IOException(folder + ": cannot be listed");
  }

  /** Only a complete one has its metadata, which Flink writes last. */
  private Optional<KeptState> newestOf(int run) throws IOException {
    List<Path> candidates = new ArrayList<>();
    FileSystem files = root.getFileSystem();
    for (Path child : children(folder(run))) {
      candidates.add(child);
      candidates.addAll(children(child));
    }
    KeptState newest = null;
    IOException damaged = null;
    for (Path candidate : candidates) {
      if (files.exists(new Path(candidate, SavedState.METADATA))) {
        try {
          KeptState state = read(candidate, run, false);
          newest = newest == null || newest.checkpoint() < state.checkpoint() ? state : newest;
        } catch (IOException unreadable) {
          if (!files.exists(new Path(candidate, SavedState.METADATA))) {
            continue;
          }
          LOG.warn("{}: damaged, and passed over: {}", candidate, unreadable.getMessage());
          damaged = unreadable;
        }
      }
    }
    if (newest == null && damaged != null) {
      throw damaged;
    }
    return Optional.ofNullable(newest);
  }

  private static KeptState read(Path path, int run, boolean given) throws IOException {
    SavedState state = SavedState.read(path);
    boolean asked = state.savepoint() && !path.getParent().getName().equals(LAST);
    return new KeptState(state, run, given, given || asked);
  }
}
