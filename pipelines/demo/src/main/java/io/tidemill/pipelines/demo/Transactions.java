package io.tidemill.pipelines.demo;

import io.tidemill.pipelines.demo.Transaction.Flaw;
import java.util.SplittableRandom;

/**
 * A sequence of card transactions, among them about four in a hundred frauds by a hidden rule with
 * noise.
 *
 * <p>Each transaction depends on the seed and its number only, so that a label can be asked for
 * again when the prediction comes back, and nothing needs to be kept. The rule is a logistic
 * function of the features, with one interaction (large amounts at night); whether the shop is
 * abroad counts too, which the model is not told.
 *
 * <p>Immutable and so safe for use by several threads.
 */
final class Transactions {
  /** Of so many transactions one has each kind of {@link Flaw}. */
  static final int FLAW_INTERVAL = 10_000;

  private static final int CARDS = 20_000;
  private static final long FIRST_EVENT_MILLIS = 1_767_225_600_000L; // 2026-01-01T00:00:00Z
  private static final long EVENT_INTERVAL_MILLIS = 5;
  private static final long NUMBER_SPREAD = 0x9E37_79B9_7F4A_7C15L;

  private final long seed;

  Transactions(long seed) {
    this.seed = seed;
  }

  /** The transaction of this number, as its payload will be: one with a flaw has its flaw. */
  Transaction at(int number) {
    return at(number, flawOf(number));
  }

  /** The transaction of this number with a sound payload, as a model is trained on. */
  Transaction soundAt(int number) {
    return at(number, Flaw.NONE);
  }

  /** Whether the transaction of this number is a fraud. */
  boolean fraudAt(int number) {
    return soundAt(number).fraud();
  }

  static Flaw flawOf(int number) {
    return switch (number % FLAW_INTERVAL) {
      case 1_234 -> Flaw.NULL_FEATURE;
      case 4_567 -> Flaw.TRUNCATED;
      case 7_890 -> Flaw.RANDOM;
      default -> Flaw.NONE;
    };
  }

  private Transaction at(int number, Flaw flaw) {
    SplittableRandom random = new SplittableRandom(seed + number * NUMBER_SPREAD);
    double amount = cents(Math.exp(3.4 + 1.1 * random.nextGaussian()));
    int hour = random.nextInt(6) == 0 ? random.nextInt(24) : 7 + random.nextInt(16);
    boolean far = random.nextInt(12) == 0;
    double distanceKm = -Math.log(1 - random.nextDouble()) * (far ? 600 : 9);
    boolean foreign = random.nextInt(100) < (far ? 45 : 2);
    double uniform = random.nextDouble();
    float merchantRisk = (float) (uniform * uniform);
    double logit = logit(amount, hour, distanceKm, merchantRisk, foreign);
    boolean fraud = random.nextDouble() < 1 / (1 + Math.exp(-logit));
    return new Transaction(
        number,
        card(random.nextInt(CARDS)),
        amount,
        hour,
        distanceKm,
        flaw == Flaw.NULL_FEATURE ? null : merchantRisk,
        foreign,
        FIRST_EVENT_MILLIS + number * EVENT_INTERVAL_MILLIS,
        fraud,
        flaw);
  }

  private static double logit(
      double amount, int hour, double distanceKm, double merchantRisk, boolean foreign) {
    boolean night = hour < 6;
    return -11.2
        + 1.05 * Math.log1p(amount)
        + 0.65 * Math.log1p(distanceKm)
        + 3.4 * merchantRisk
        + (night ? 1.3 : 0)
        + (night && amount > 120 ? 2.2 : 0)
        + (foreign ? 0.8 : 0);
  }

  private static double cents(double amount) {
    return Math.round(amount * 100) / 100.0;
  }

  private static String card(int card) {
    return "card-" + (100_000 + card);
  }
}
