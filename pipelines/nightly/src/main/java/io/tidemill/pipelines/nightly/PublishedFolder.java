package io.tidemill.pipelines.nightly;

import io.tidemill.model.store.GuardedFiles;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.Path;

/**
 * A folder that readers see, and the one in which its next content waits. Each step may be done
 * again after it was cut off. Immutable.
 *
 * @param atomic whether the file system moves a folder in one step
 */
record PublishedFolder(GuardedFiles files, boolean atomic, Path staged, Path target) {
  /** Is there once all others are. */
  static final String SUCCESS = "_SUCCESS";

  /**
   * Takes away what readers see now.
   *
   * @param aside where it may go in one step
   */
  void takeAway(Path aside) {
    if (!atomic) {
      files.delete(new Path(target, SUCCESS));
      files.delete(target);
    } else if (files.exists(target)) {
      files.makeFolder(aside);
      int number = files.list(aside).size();
      moved(target, new Path(aside, String.valueOf(number)));
    }
  }

  /** Shows what is staged. */
  void show() {
    if (!atomic) {
      moveFiles();
    } else if (files.exists(staged)) {
      files.makeFolder(target.getParent());
      moved(staged, target);
    }
  }

  private void moveFiles() {
    List<String> names = new ArrayList<>(files.tree(staged));
    if (names.remove(SUCCESS)) {
      names.add(SUCCESS);
    }
    for (String name : names) {
      Path to = new Path(target, name);
      // Half of it may be there of a move that was cut off.
      files.delete(to);
      files.makeFolder(to.getParent());
      moved(new Path(staged, name), to);
    }
  }

  private void moved(Path from, Path to) {
    if (!files.move(from, to)) {
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "'%s' cannot be moved to '%s' (expected: nobody else changes what a run publishes; take away what is there, and run again)"
              .formatted(from, to));
    }
  }
}
