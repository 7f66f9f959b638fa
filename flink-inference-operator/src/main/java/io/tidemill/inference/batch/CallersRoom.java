package io.tidemill.inference.batch;

/**
 * How many records a caller lets wait for their answers, as far as that shows: whoever hands on
 * records one by one and stops at some number does not say it, and a batch that would be larger
 * waits for its deadline in vain.
 *
 * <p>If a deadline comes and as many records wait as ever did, or as at the deadline before, that
 * is taken for all that the caller lets wait, until one more does. Fewer than that at one deadline
 * change nothing: what is no record, as a watermark, may have taken their room. Of a slow stream it
 * is often wrong, and then does no harm: its few records wait less.
 *
 * <p>Not thread-safe.
 */
public final class CallersRoom {
  private static final int UNKNOWN = Integer.MAX_VALUE;

  private int most;
  private int all = UNKNOWN;
  private int before;

  /** So many records wait now. */
  public void waiting(int records) {
    most = Math.max(most, records);
    if (records >= all) {
      before = 0;
    }
    if (records > all) {
      all = UNKNOWN;
    }
  }

  /** The open batch's deadline has come, and all that wait are the records in it. */
  public void waitedFor(int records) {
    if (records == most || records == before) {
      all = records;
    }
    before = records;
  }

  /** Whether no further record comes while so many wait. */
  public boolean isFull(int records) {
    return records >= all;
  }
}
