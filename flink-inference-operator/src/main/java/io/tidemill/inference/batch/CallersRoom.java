package io.tidemill.inference.batch;

/**
 * How many records a caller lets wait for their answers, as far as that shows: whoever hands on
 * records one by one and stops at some number does not say it, and a batch that would be larger
 * waits for its deadline in vain.
 *
 * <p>If a deadline comes and as many records wait as ever did, that is taken for all that the
 * caller lets wait. It is given up as soon as one more waits. Of a slow stream it is often wrong,
 * and then does no harm: its few records wait less.
 *
 * <p>Not thread-safe.
 */
public final class CallersRoom {
  private int most;
  private boolean isAll;

  /** So many records wait now. */
  public void waiting(int records) {
    if (records > most) {
      most = records;
      isAll = false;
    }
  }

  /** The open batch's deadline has come, and all that wait are the records in it. */
  public void waitedFor(int records) {
    isAll = records == most;
  }

  /** Whether no further record comes while so many wait. */
  public boolean isFull(int records) {
    return isAll && records == most;
  }
}
