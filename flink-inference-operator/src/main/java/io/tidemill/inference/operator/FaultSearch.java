package io.tidemill.inference.operator;

import io.tidemill.model.ModelOutOfMemoryException;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.OutOfMemoryException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the records that make a model's call fail, in few calls, and the size that memory allows.
 *
 * <p>It is group testing: a call with several records tells whether one of them is at fault. Groups
 * are called from the first record on. A group that passes is done; in one that fails the first
 * record at fault is found by bisection, always looking at the left half, as the right half is
 * known to hold a fault once the left one has passed. What stands behind that record is grouped
 * anew. A group is as large as makes passing and failing equally likely, which tells most: {@code
 * ln 2 / p} records if each is at fault with probability {@code p}. That is F. K. Hwang, "A method
 * for detecting all defective members in a population by group testing", JASA 67 (1972), with the
 * number at fault estimated instead of given, as in M. Sobel and P. A. Groll, "Group testing to
 * eliminate efficiently all defectives in a binomial sample", Bell System Technical Journal 38
 * (1959).
 *
 * <p>The estimate is kept from batch to batch, so that a stream with many bad records is called in
 * small groups at once, and weakens as records pass. Of a stream without any, a group is larger
 * than every batch.
 *
 * <p>A group that runs out of memory is tried again with half as many records. If it turns out that
 * one record alone has no memory, nothing is learned from the groups that it stood in.
 *
 * <p>Used by one thread at a time.
 */
final class FaultSearch {
  // The fewest records that the estimate looks back at, and how many full batches at least.
  private static final int SHORTEST_MEMORY = 1024;
  private static final int BATCHES_REMEMBERED = 4;
  private static final int SMALLEST_BATCH = 256;
  // What is believed of a stream of which nothing is known: with these, a group is one full batch.
  private static final double FAULTS_BEFORE = 0.25;
  private static final double BATCHES_BEFORE = FAULTS_BEFORE / Math.log(2);

  private final double memory;
  private final double recordsBefore;
  private double faults;
  private double records;
  private final List<Group> tooLarge = new ArrayList<>();
  private int largestPassed;

  /** Calls the model with some records of a batch. */
  interface Trials {
    /**
     * Scores those of the records {@code [from, to)} that have no outcome yet, in one call; answers
     * why it failed, or null if they all have one now.
     */
    @Nullable RuntimeException attempt(int from, int to);

    /** Decides on a record that fails though it stands alone; answers whether it was at fault. */
    boolean isolated(int row, RuntimeException failure);
  }

  private record Group(int from, int to) {
    int half() {
      return Math.max(1, (to - from) / 2);
    }

    boolean holds(int row) {
      return from <= row && row < to;
    }
  }

  FaultSearch(int maxSize) {
    memory = Math.max(SHORTEST_MEMORY, BATCHES_REMEMBERED * (double) maxSize);
    recordsBefore = BATCHES_BEFORE * Math.max(SMALLEST_BATCH, maxSize);
  }

  /** Whether a batch of this size is better called in groups than as a whole. */
  boolean expectsFaults(int size) {
    return groupSize() < size;
  }

  private int groupSize() {
    double probability = (faults + FAULTS_BEFORE) / (records + recordsBefore);
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.round(Math.log(2) / probability)));
  }

  /** Learns that so many records passed. */
  void passed(int size) {
    records += size;
    if (records > memory) {
      faults *= memory / records;
      records = memory;
    }
  }

  /** The most records that passed in one call after memory had not sufficed for more; else 0. */
  int sizeThatFits() {
    return tooLarge.isEmpty() ? 0 : Math.max(1, largestPassed);
  }

  /**
   * Gives every record of a batch its outcome.
   *
   * @param failed why all of them in one call failed; null if that was not tried
   */
  void run(int size, @Nullable RuntimeException failed, Trials trials) {
    tooLarge.clear();
    largestPassed = 0;
    int next = 0;
    int to = size;
    // One of the records [next, suspectsEnd) is at fault, unless there are none of these.
    int suspectsEnd = 0;
    RuntimeException failure = failed;
    boolean tried = failed != null;
    while (next < size) {
      if (!tried) {
        int suspects = suspectsEnd - next;
        int most = suspects > 0 ? Math.max(1, suspects / 2) : size - next;
        to = next + Math.min(most, Math.min(groupSize(), memoryLimit()));
        failure = trials.attempt(next, to);
      }
      tried = false;
      if (failure == null) {
        passed(to - next);
        largestPassed = Math.max(largestPassed, to - next);
        next = to;
      } else if (to - next == 1) {
        settle(next, failure, trials);
        next = to;
        suspectsEnd = to;
      } else if (isMemory(failure)) {
        tooLarge.add(new Group(next, to));
        largestPassed = 0;
      } else {
        suspectsEnd = to;
      }
    }
  }

  private void settle(int row, RuntimeException failure, Trials trials) {
    boolean atFault = trials.isolated(row, failure);
    if (atFault) {
      faults++;
    }
    if (atFault || isMemory(failure)) {
      // A row that passes after all had no memory for a moment, and tells nothing of sizes.
      tooLarge.removeIf(group -> group.holds(row));
    }
    passed(1);
  }

  private int memoryLimit() {
    return tooLarge.stream().mapToInt(Group::half).min().orElse(Integer.MAX_VALUE);
  }

  static boolean isMemory(RuntimeException failure) {
    return failure instanceof ModelOutOfMemoryException || failure instanceof OutOfMemoryException;
  }
}
