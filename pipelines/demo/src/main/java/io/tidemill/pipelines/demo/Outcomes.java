package io.tidemill.pipelines.demo;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of the transactions, as a reader sees it who reads only committed records.
 *
 * @param predictions how many predictions were read
 * @param deadLetters how many dead letters were read, by cause, in the order of the causes' names
 * @param lost transactions with neither a prediction nor a dead letter
 * @param doubled outcomes beyond the first of their transaction
 * @param unknownOrigin outcomes that belong to no transaction that was written
 * @param withoutModel predictions that do not name the model that made them
 * @param recordsPerSecond predictions of the backlog per second between the broker's appends of the
 *     first and of the last of them; not a number if there are not two instants
 * @param p50Millis half of the transactions that came steadily were predicted within so long after
 *     their own append; not a number if there were none
 * @param p99Millis 99 in 100 of them were
 * @param auc area under the curve of the scores against the labels; not a number where only one
 *     label occurs
 */
record Outcomes(
    long predictions,
    Map<String, Long> deadLetters,
    long lost,
    long doubled,
    long unknownOrigin,
    long withoutModel,
    double recordsPerSecond,
    double p50Millis,
    double p99Millis,
    double auc) {
  Outcomes {
    deadLetters = Collections.unmodifiableMap(new TreeMap<>(deadLetters));
  }

  /** Whether each transaction has exactly one outcome and no outcome has another origin. */
  boolean exactlyOnce() {
    return lost == 0 && doubled == 0 && unknownOrigin == 0;
  }
}
