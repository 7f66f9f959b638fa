package io.tidemill.benchmarks;

import static io.tidemill.benchmarks.Quantity.RECORDS_PER_SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  }

  @Test
  void dividesWithinALapAndTakesTheMedianAndTheQuartilesOfTheLaps() {
    Report report = report(new double[] {1, 1000, 100, 10, 1}, new double[] {0.1, 900, 50, 4, 0.6});

    Spread ratio = new Spread(0.4, 0.5, 0.6);
    assertThat(report.figureValues()).containsExactly(new Report.FigureValue(RATIO, "", ratio));
    assertThat(report.rows().get(1).ratio()).contains(ratio);
    assertThat(report.rows().get(1).values())
        .isEqualTo(Map.of(RECORDS_PER_SECOND, new Spread(0.6, 4, 50)));
  }

  @Test
  void takesWhatIsBetweenTheTwoNeighboursOfAQuartile() {
    Report report = report(new double[] {1, 1, 1, 1}, new double[] {1, 9, 2, 3});

    assertThat(report.figureValues().get(0).value()).isEqualTo(new Spread(1.75, 2.5, 4.5));
  }

  @Test
  void leavesOutALapInWhichNoRecordCame() {
    Report report = report(new double[] {100}, new double[] {50});
    report.add(Map.of(FLOOR, records(100), JOB, Measurement.ofRecords(0, 1, 1, 0)));

    assertThat(report.figureValues().get(0).value()).isEqualTo(new Spread(0.5, 0.5, 0.5));
  }

  @Test
  void refusesAVariantOfWhichNoRecordCame() {
    Report report = new Report(Map.of(), List.of());
    report.add(Map.of(JOB, Measurement.ofRecords(0, 1, 1, 0)));

    assertThatThrownBy(report::rows)
        .hasMessage("job: no record in any turn (expected: some; measure longer)");
  }

  @Test
  void refusesToDivideWhatDoesNotTakeTurns() {
    Variant alone =
        new Variant() {
          @Override
          public String name() {
            return "alone";
          }

          @Override
          public String floor() {
            return "alone";
          }
        };

    assertThatThrownBy(() -> Figure.ratio("jobRatioToAlone", RECORDS_PER_SECOND, JOB, alone))
        .hasMessage(
            "job over alone: groups floor and alone (expected: the same, so that they take turns)");
    List<Figure.Case> ofTwoGroups =
        List.of(Figure.Case.of("one", JOB), Figure.Case.of("other", alone));
    assertThatThrownBy(() -> new Figure("byKey", RECORDS_PER_SECOND, ofTwoGroups))
        .hasMessage(
            "byKey: variants of groups [floor, alone] (expected: of one, so that they take turns)");
  }

  @Test
  void leavesOutAFigureWhoseVariantsWereNotMeasured() {
    assertThat(report(new double[] {}, new double[] {50}).figureValues()).isEmpty();
    assertThat(report(new double[] {}, new double[] {50}).rows().get(0).ratio()).isEmpty();
  }

  private static Report report(double[] floor, double[] job) {
    Report report = new Report(Map.of(), List.of(RATIO));
    for (int i = 0; i < job.length; i++) {
      Map<Variant, Measurement> lap = new LinkedHashMap<>();
      if (floor.length > 0) {
        lap.put(FLOOR, records(floor[i]));
      }
      lap.put(JOB, records(job[i]));
      report.add(lap);
    }
    return report;
  }

  private static Measurement records(double perSecond) {
    return new Measurement(Map.of(RECORDS_PER_SECOND, perSecond));
  }
}
