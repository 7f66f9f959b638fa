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
 * <p>Stateless and so safe for use by several threads.
 */
final class AreaUnderCurve {
  private AreaUnderCurve() {}

  /**
   * The area, between 0 and 1; not a number if all labels are the same, as there is no pair then.
   *
   * @throws IllegalArgumentException if there are not as many labels as scores
   */
  static double of(float[] scores, boolean[] labels) {
    if (scores.length != labels.length) {
      throw new IllegalArgumentException(
          "labels: " + labels.length + " (expected: " + scores.length + ", one for each score)");
    }
    long[] sorted = new long[scores.length];
    for (int i = 0; i < scores.length; i++) {
      sorted[i] = (long) ascending(scores[i]) << 32 | i;
    }
    Arrays.sort(sorted);
    double positiveRanks = 0;
    long positives = 0;
    for (int from = 0; from < sorted.length; ) {
      int to = from;
      long tiedPositives = 0;
      while (to < sorted.length && sorted[to] >> 32 == sorted[from] >> 32) {
        tiedPositives += labels[(int) sorted[to]] ? 1 : 0;
        to++;
      }
      double meanRank = (from + 1 + to) / 2.0;
      positiveRanks += tiedPositives * meanRank;
      positives += tiedPositives;
      from = to;
    }
    long negatives = scores.length - positives;
    if (positives == 0 || negatives == 0) {
      return Double.NaN;
    }
    return (positiveRanks - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
  }

  /**
   * An int that orders as the score does: the bits of a negative float order the wrong way round.
   */
  private static int ascending(float score) {
    int bits = Float.floatToIntBits(score + 0.0f);
    return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
  }
}
