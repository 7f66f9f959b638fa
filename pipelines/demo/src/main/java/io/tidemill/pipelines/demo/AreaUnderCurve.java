package io.tidemill.pipelines.demo;

import java.util.Arrays;

/**
 * How well scores tell frauds from the rest: the area under the receiver operating characteristic.
 *
 * <p>It is the chance that a fraud taken at random scores higher than another transaction taken at
 * random, equal scores counting half. It is computed exactly, from ranks: with {@code R} the sum of
 * the positives' ranks in ascending order of score, tied scores sharing their mean rank, and {@code
 * p} positives among {@code p + n}, the area is {@code (R − p(p+1)/2) / (p·n)}.
 *
 * <p>For use by one thread at a time.
 */
final class AreaUnderCurve {
  /** The score in the upper half, as an int that orders as it does; the label in the lowest bit. */
  private long[] scored = new long[1024];

  private int size;

  void add(float score, boolean fraud) {
    if (size == scored.length) {
      scored = Arrays.copyOf(scored, 2 * size);
    }
    int bits = Float.floatToIntBits(score + 0.0f);
    // The bits of a negative float order the wrong way round.
    int ascending = bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
    scored[size++] = (long) ascending << Integer.SIZE | (fraud ? 1 : 0);
  }

  /**
   * The area, between 0 and 1; not a number if all labels are the same, as there is no pair then.
   */
  double area() {
    Arrays.sort(scored, 0, size);
    double positiveRanks = 0;
    long positives = 0;
    for (int from = 0, to = 0; from < size; from = to) {
      long tiedPositives = 0;
      while (to < size && scored[to] >> Integer.SIZE == scored[from] >> Integer.SIZE) {
        tiedPositives += scored[to] & 1;
        to++;
      }
      positiveRanks += tiedPositives * ((from + 1 + to) / 2.0);
      positives += tiedPositives;
    }
    double pairs = (double) positives * (size - positives);
    return (positiveRanks - positives * (positives + 1) / 2.0) / pairs;
  }
}
