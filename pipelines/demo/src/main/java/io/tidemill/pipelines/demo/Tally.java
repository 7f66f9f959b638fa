package io.tidemill.pipelines.demo;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts outcomes against the {@link Ledger} of what was written.
 *
 * <p>The first transactions are a backlog, written before the job begins: they tell how fast it
 * works, but how long each of them took tells only how long the backlog was. The others come
 * steadily, and latency is theirs: it is counted from the broker's append of the transaction to its
 * append of the first prediction. Under exactly-once a reader of committed records sees the
 * prediction when the next checkpoint has committed it, up to one checkpoint interval later.
 *
 * <p>For use by one thread at a time.
 */
final class Tally {
  private final Ledger ledger;
  private final Transactions transactions;
  private final int backlog;
  private final BitSet withOutcome = new BitSet();
  private final float[] scores;
  private final BitSet predicted = new BitSet();
  private final int[] latencyMillis;
  private final Map<String, Long> deadLetters = new TreeMap<>();
  private long predictions;
  private long doubled;
  private long unknownOrigin;
  private long withoutModel;
  private int outcomes;
  private long firstMillis = Long.MAX_VALUE;
  private long lastMillis = Long.MIN_VALUE;

  /**
   * @param backlog how many of the transactions, from the first on, waited when the job began
   */
  Tally(Ledger ledger, Transactions transactions, int backlog) {
    this.ledger = ledger;
    this.transactions = transactions;
    this.backlog = backlog;
    scores = new float[ledger.records()];
    latencyMillis = new int[ledger.records() - backlog];
    Arrays.fill(latencyMillis, -1);
  }

  /**
   * @param number the transaction's, or -1 if the prediction names none
   * @param appendMillis when the broker appended the prediction
   * @param signed whether the prediction names the model that made it
   */
  void prediction(int number, float score, long appendMillis, boolean signed) {
    predictions++;
    withoutModel += signed ? 0 : 1;
    if (!isFirstOutcome(number)) {
      return;
    }
    scores[number] = score;
    predicted.set(number);
    if (number < backlog) {
      firstMillis = Math.min(firstMillis, appendMillis);
      lastMillis = Math.max(lastMillis, appendMillis);
    } else {
      latencyMillis[number - backlog] =
          Math.toIntExact(Math.max(0, appendMillis - ledger.appendMillis(number)));
    }
  }

  /**
   * @param number the transaction's, or -1 if the dead letter does not say where it comes from
   */
  void deadLetter(int number, String cause) {
    deadLetters.merge(cause, 1L, Long::sum);
    isFirstOutcome(number);
  }

  /** How many transactions have an outcome by now. */
  int withOutcome() {
    return outcomes;
  }

  /** The account so far; further outcomes may follow. */
  Outcomes outcomes() {
    int[] latencies = Arrays.stream(latencyMillis).filter(millis -> millis >= 0).sorted().toArray();
    return new Outcomes(
        predictions,
        deadLetters,
        ledger.records() - outcomes,
        doubled,
        unknownOrigin,
        withoutModel,
        recordsPerSecond(),
        percentile(latencies, 0.50),
        percentile(latencies, 0.99),
        auc());
  }

  private boolean isFirstOutcome(int number) {
    if (number < 0 || number >= ledger.records()) {
      unknownOrigin++;
      return false;
    }
    if (withOutcome.get(number)) {
      doubled++;
      return false;
    }
    withOutcome.set(number);
    outcomes++;
    return true;
  }

  private double recordsPerSecond() {
    int scored = predicted.get(0, backlog).cardinality();
    return scored > 0 && lastMillis > firstMillis
        ? scored * 1_000.0 / (lastMillis - firstMillis)
        : Double.NaN;
  }

  private double auc() {
    AreaUnderCurve curve = new AreaUnderCurve();
    predicted.stream().forEach(number -> curve.add(scores[number], transactions.fraudAt(number)));
    return curve.area();
  }

  /** The smallest value that at least this share of the values does not exceed. */
  private static double percentile(int[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }
}
