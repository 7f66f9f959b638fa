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
   * @param right fails if it may not be done, just before anything goes
   */
  void takeAway(Path aside, Runnable right) {
    if (!atomic) {
      right.run();
      files.delete(new Path(target, SUCCESS));
      // One by one, as what takes long may go on after another has the right, whose files have some
      // of these names.
      for (String name : files.tree(target)) {
        right.run();
        files.delete(new Path(target, name));
      }
      right.run();
      files.delete(target);
    } else if (files.exists(target)) {
      files.makeFolder(aside);
      int number = files.list(aside).size();
      right.run();
      moved(target, new Path(aside, String.valueOf(number)));
    }
  }

  /**
   * Shows what is staged.
   *
   * @param right fails if it may not be done, just before anything is moved
   */
  void show(Runnable right) {
    if (!atomic) {
      moveFiles(right);
      return;
    }
    boolean waits = files.exists(staged);
    right.run();
    if (waits) {
      files.makeFolder(target.getParent());
      makeRoom();
      moved(staged, target);
    }
  }

  /** Some file systems move a folder into one that is there, where nobody looks for it. */
  private void makeRoom() {
    if (files.exists(target)) {
      if (!files.list(target).isEmpty()) {
        throw notMoved(staged, target);
      }
      files.delete(target);
    }
  }

  private void moveFiles(Runnable right) {
    List<String> names = new ArrayList<>(files.tree(staged));
    if (names.remove(SUCCESS)) {
      names.add(SUCCESS);
    }
    for (String name : names) {
      Path from = new Path(staged, name);
      Path to = new Path(target, name);
      boolean waits = files.exists(from);
      right.run();
      if (!waits) {
        throw notMoved(from, to);
      }
      // Half of it may be there of a move that was cut off.
      files.delete(to);
      files.makeFolder(to.getParent());
      moved(from, to);
    }
  }

  private void moved(Path from, Path to) {
    if (!files.move(from, to)) {
      throw notMoved(from, to);
    }
  }

  private static NightlyException notMoved(Path from, Path to) {
    return new NightlyException(
        NightlyException.Reason.FAILED,
        "'%s' cannot be moved to '%s' (expected: nobody else changes what a run publishes; take away what is there, and run again)"
            .formatted(from, to));
  }
}
