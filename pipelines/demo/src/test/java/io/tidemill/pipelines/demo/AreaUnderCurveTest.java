package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class AreaUnderCurveTest {
  @Test
  void perfectOrderIsOne() {
    assertThat(area(scores(0.1f, 0.2f, 0.8f), labels(0, 0, 1))).isEqualTo(1);
  }

  @Test
  void reversedOrderIsZero() {
    assertThat(area(scores(0.9f, 0.8f, 0.1f), labels(0, 0, 1))).isZero();
  }

  @Test
  void equalScoresCountHalf() {
    assertThat(area(scores(0.5f, 0.5f, 0.5f), labels(0, 1, 0))).isEqualTo(0.5);
  }

  @Test
  void oneLabelOnlyHasNoArea() {
    assertThat(area(scores(0.1f, 0.2f), labels(1, 1))).isNaN();
    assertThat(area(scores(), labels())).isNaN();
  }

  @Test
  void negativeScoresAreOrderedToo() {
    assertThat(area(scores(-2f, -1f, -0f, 0f, 3f), labels(0, 0, 1, 0, 1))).isEqualTo(5.5 / 6);
  }

  @Test
  void agreesWithCountingEveryPair() {
    long seed = 20261122;
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = new float[4000];
    boolean[] labels = new boolean[4000];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = random.nextInt(-40, 40) / 8f;
      labels[i] = random.nextInt(5) == 0;
    }

    assertThat(area(scores, labels))
        .as("seed %d", seed)
        .isCloseTo(pairsInOrder(scores, labels), within(1e-12));
  }

  private static double area(float[] scores, boolean[] labels) {
    AreaUnderCurve curve = new AreaUnderCurve();
    for (int i = 0; i < scores.length; i++) {
      curve.add(scores[i], labels[i]);
    }
    return curve.area();
  }

  private static double pairsInOrder(float[] scores, boolean[] labels) {
    double inOrder = 0;
    long pairs = 0;
    for (int positive = 0; positive < scores.length; positive++) {
      for (int negative = 0; negative < scores.length; negative++) {
        if (labels[positive] && !labels[negative]) {
          pairs++;
          inOrder += (Math.signum(scores[positive] - scores[negative]) + 1) / 2.0;
        }
      }
    }
    return inOrder / pairs;
  }

  private static float[] scores(float... scores) {
    return scores;
  }

  private static boolean[] labels(int... labels) {
    boolean[] frauds = new boolean[labels.length];
    for (int i = 0; i < labels.length; i++) {
      frauds[i] = labels[i] == 1;
    }
    return frauds;
  }
}
