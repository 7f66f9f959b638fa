package io.tidemill.benchmarks;

import static io.tidemill.benchmarks.Quantity.RECORDS_PER_SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final Variant FLOOR = new Named("floor");
  private static final Variant JOB = new Named("job");
  private static final Figure RATIO =
      Figure.ratio("jobRatioToFloor", RECORDS_PER_SECOND, JOB, FLOOR);

  private record Named(String name) implements Variant {
    @Override
    public String floor() {
      return "floor";
    }

    @Override
    public Measurement measure(Settings settings) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void dividesWithinARoundAndTakesTheMedianOfTheRounds() {
    Report report = report(new double[] {100, 1000, 10}, new double[] {50, 900, 4});

    assertThat(report.figureValues())
        .containsExactly(new Report.FigureValue(RATIO, "", new Spread(0.4, 0.5, 0.9)));
    assertThat(report.rows().get(1).ratio()).contains(new Spread(0.4, 0.5, 0.9));
    assertThat(report.rows().get(1).values())
        .isEqualTo(Map.of(RECORDS_PER_SECOND, new Spread(4, 50, 900)));
  }

  @Test
  void takesTheMeanOfTheTwoInTheMiddle() {
    Report report = report(new double[] {1, 1, 1, 1}, new double[] {1, 8, 2, 3});

    assertThat(report.figureValues().get(0).value()).isEqualTo(new Spread(1, 2.5, 8));
  }

  @Test
  void leavesOutAFigureWhoseVariantsWereNotMeasured() {
    assertThat(report(new double[] {}, new double[] {50}).figureValues()).isEmpty();
    assertThat(report(new double[] {}, new double[] {50}).rows().get(0).ratio()).isEmpty();
  }

  private static Report report(double[] floor, double[] job) {
    Report report = new Report(1, job.length, List.of(RATIO));
    IntStream.range(0, floor.length).forEach(i -> report.add(FLOOR, records(floor[i])));
    IntStream.range(0, job.length).forEach(i -> report.add(JOB, records(job[i])));
    return report;
  }

  private static Measurement records(double perSecond) {
    return new Measurement(Map.of(RECORDS_PER_SECOND, perSecond));
  }
}
