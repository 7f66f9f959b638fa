package io.tidemill.inference.operator;

/**
 * The batch size that memory allows: halved by a call that ran out of it, raised again by and by.
 *
 * <p>After {@value #FULL_BATCHES_PER_PROBE} full batches in a row without trouble the limit grows
 * by a quarter; a probe that fails costs one halved batch. Used by one thread at a time: the task
 * thread, or whoever has the lock of an {@link AsyncStep}.
 */
final class SizeLimit {
  private static final int FULL_BATCHES_PER_PROBE = 64;

  private final int maxSize;
  private int limit;
  private int fullBatches;

  SizeLimit(int maxSize, int restored) {
    this.maxSize = maxSize;
    this.limit = Math.max(1, Math.min(maxSize, restored));
  }

  int limit() {
    return limit;
  }

  /** Whether memory ever allowed less than max-size. */
  boolean learned() {
    return limit < maxSize;
  }

  /** Learns from a scored batch of {@code size} records; answers whether the limit changed. */
  boolean scored(int size, ScoreReport report) {
    int before = limit;
    if (report.sizeThatFits() > 0) {
      limit = Math.min(limit, report.sizeThatFits());
      fullBatches = 0;
    } else if (limit < maxSize && size >= limit && ++fullBatches >= FULL_BATCHES_PER_PROBE) {
      limit = Math.min(maxSize, limit + Math.max(1, limit / 4));
      fullBatches = 0;
    }
    return limit != before;
  }
}
