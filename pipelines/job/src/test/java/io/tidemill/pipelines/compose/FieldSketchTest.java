package io.tidemill.pipelines.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldSketchTest {
  private final Random random = new Random(7);

  @ParameterizedTest
  @ValueSource(ints = {1, 2_000, 200_000})
  void isFarFromNumbersThatMovedAndNearThoseThatDidNot(int records) {
    FieldSketch before = sketch(200_000, value -> value);
    FieldSketch same = sketch(records, value -> value);
    FieldSketch moved = sketch(records, value -> value + 1);

    assertThat(moved.stabilityIndexTo(before).orElseThrow()).isGreaterThan(0.5);
    if (records > 1) {
      assertThat(same.stabilityIndexTo(before).orElseThrow()).isLessThan(0.05);
      assertThat(same.quantiles(0.5).get(0)).isCloseTo(0, within(0.1));
    }
  }

  /** Such as those of a boolean, or of a score that is cut off at an end. */
  @Test
  void isFarFromANumberThatTookMostOfThemToEitherSide() {
    FieldSketch mostlyOne = numbers(i -> i % 20 == 0 ? 0 : 1);
    FieldSketch one = numbers(i -> 1);

    assertThat(numbers(i -> 0).stabilityIndexTo(mostlyOne).orElseThrow()).isGreaterThan(5);
    assertThat(one.stabilityIndexTo(mostlyOne).orElseThrow()).isBetween(0.2, 0.5);
    assertThat(numbers(i -> 0.5).stabilityIndexTo(one).orElseThrow()).isGreaterThan(5);
    assertThat(numbers(i -> 1.5).stabilityIndexTo(one).orElseThrow()).isGreaterThan(5);
    assertThat(mostlyOne.stabilityIndexTo(mostlyOne).orElseThrow()).isZero();
    assertThat(one.stabilityIndexTo(one).orElseThrow()).isZero();
  }

  @Test
  void takesZeroForZeroWhateverItsSign() {
    FieldSketch signed = numbers(i -> i % 2 == 0 ? -0.0 : 0.0);

    assertThat(signed.stabilityIndexTo(signed).orElseThrow()).isZero();
    assertThat(numbers(i -> -0.0).stabilityIndexTo(numbers(i -> 0.0)).orElseThrow()).isZero();
    assertThat(numbers(i -> 1).stabilityIndexTo(signed).orElseThrow()).isGreaterThan(5);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE})
  void comparesNumbersWithoutEnd(double endless) {
    FieldSketch before = numbers(i -> i % 2 == 0 ? endless : i);

    assertThat(before.stabilityIndexTo(before).orElseThrow()).isZero();
    assertThat(numbers(i -> i).stabilityIndexTo(before).orElseThrow()).isGreaterThan(0.5);
    assertThat(before.stabilityIndexTo(numbers(i -> i)).orElseThrow()).isGreaterThan(0.5);
  }

  @Test
  void drawsFromSubtasksAsFromOne() {
    // One of them has a hundred times the records of the other, and other numbers.
    FieldSketch both =
        FieldSketch.of(count(500_000, value -> value).plus(count(5_000, value -> value + 10)));

    assertThat(both.records()).isEqualTo(505_000);
    assertThat(both.quantiles(0.5).get(0)).isCloseTo(0, within(0.1));
    assertThat(both.quantiles(0.97).get(0)).isLessThan(5);
    assertThat(both.quantiles(0.9999).get(0)).isGreaterThan(5);
    assertThat(both.stabilityIndexTo(sketch(500_000, value -> value)).orElseThrow())
        .isLessThan(0.05);
  }

  @Test
  void staysSmallHoweverManyThereAre() {
    byte[] numbers = sketch(1_000_000, value -> value).numbers();

    assertThat(numbers).isNotNull().hasSizeLessThan(8_000);
  }

  @Test
  void countsWhatIsNullOrNotANumber() {
    FieldCounter counter = new FieldCounter("score", 0, new FloatType());
    counter.add(GenericRowData.of((Object) null));
    counter.add(GenericRowData.of(Float.NaN));
    counter.add(GenericRowData.of(0.5f));

    FieldSketch sketch = FieldSketch.of(counter.count());

    assertThat(sketch.records()).isEqualTo(3);
    assertThat(sketch.missing()).isEqualTo(2);
    assertThat(sketch.quantiles(0, 1)).containsExactly(0.5, 0.5);
  }

  @Test
  void comparesTexts() {
    FieldSketch before = texts(1000, 2, 1);
    FieldSketch same = texts(3000, 2, 1);
    FieldSketch more = texts(1000, 3, 1);

    assertThat(before.categories()).isEqualTo(Map.of("t0", 500L, "t1", 500L));
    assertThat(same.stabilityIndexTo(before).orElseThrow()).isZero();
    assertThat(more.stabilityIndexTo(before).orElseThrow()).isGreaterThan(0.5);
  }

  /** Whatever their unit. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-9, 1, 1e9})
  void quantilesMoveByAPartOfTheirSpread(double unit) {
    FieldSketch before = numbers(i -> unit * i);

    QuantileShift moved = numbers(i -> unit * (i + 90)).quantileShiftFrom(before).orElseThrow();

    assertThat(moved.shift()).isCloseTo(0.1, within(0.02));
    assertThat(moved.now() - moved.before()).isCloseTo(90 * unit, within(20 * unit));
    assertThat(before.quantileShiftFrom(before).orElseThrow().shift()).isZero();
  }

  /** The others, the median among them, stay where they are. */
  @Test
  void tellsTheQuantileThatMovedFurthest() {
    FieldSketch before = numbers(i -> i);
    FieldSketch tail = numbers(i -> i < 900 ? i : 10 * i);

    QuantileShift moved = tail.quantileShiftFrom(before).orElseThrow();

    assertThat(moved.rank()).isEqualTo(0.95);
    assertThat(moved.shift()).isCloseTo(9.5, within(0.1));
    assertThat(moved.now()).isCloseTo(9_490, within(50.0));
  }

  @Test
  void quantilesOfAConstantMoveInfinitelyFarToAnyOther() {
    FieldSketch constant = numbers(i -> 0.5);

    assertThat(constant.quantileShiftFrom(constant).orElseThrow().shift()).isZero();
    assertThat(numbers(i -> 0.6).quantileShiftFrom(constant).orElseThrow().shift())
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(constant.quantileShiftFrom(numbers(i -> i)).orElseThrow().shift()).isFinite();
    assertThat(numbers(i -> -0.0).quantileShiftFrom(numbers(i -> 0.0)).orElseThrow().shift())
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE})
  void quantilesWithoutEndAreCompared(double endless) {
    FieldSketch before = numbers(i -> i % 2 == 0 ? endless : -Double.MAX_VALUE);

    assertThat(before.quantileShiftFrom(before).orElseThrow().shift()).isZero();
    assertThat(numbers(i -> i).quantileShiftFrom(before).orElseThrow().shift()).isPositive();
    assertThat(before.quantileShiftFrom(numbers(i -> i)).orElseThrow().shift()).isPositive();
  }

  @Test
  void whatIsNotANumberHasNoQuantiles() {
    FieldSketch some = numbers(i -> i % 2 == 0 ? Double.NaN : i);
    FieldSketch none = numbers(i -> Double.NaN);

    assertThat(some.quantileShiftFrom(numbers(i -> i)).orElseThrow().shift()).isLessThan(0.01);
    assertThat(none.quantileShiftFrom(some)).isEmpty();
    assertThat(some.quantileShiftFrom(none)).isEmpty();
    assertThat(texts(10, 2, 1).quantileShiftFrom(texts(10, 2, 1))).isEmpty();
    assertThat(sketch(0, value -> value).quantileShiftFrom(some)).isEmpty();
  }

  @Test
  void comparesNoFreeText() {
    assertThat(texts(300, 257, 1).categories()).isNull();
    assertThat(texts(3, 2, 300).categories()).isNull();
    assertThat(texts(300, 257, 1).stabilityIndexTo(texts(10, 2, 1))).isEmpty();
    assertThat(
            FieldSketch.of(textCount(300, 200, 1, "a").plus(textCount(300, 200, 1, "b")))
                .categories())
        .isNull();
  }

  @Test
  void hasNothingToCompareWithoutNumbers() {
    FieldSketch none = sketch(0, value -> value);

    assertThat(none.quantiles(0.5)).isEmpty();
    assertThat(none.stabilityIndexTo(sketch(10, value -> value))).isEmpty();
    assertThat(sketch(10, value -> value).stabilityIndexTo(none)).isEqualTo(Optional.empty());
  }

  @Test
  void refusesASketchThatIsNone() {
    FieldSketch damaged = new FieldSketch("score", 1, 0, new byte[] {1, 2, 3}, null);

    assertThatThrownBy(() -> damaged.quantiles(0.5))
        .hasMessage("sketch of 'score': 3 bytes that are none (expected: as they were written)");
  }

  private FieldSketch sketch(int records, DoubleUnaryOperator change) {
    return FieldSketch.of(count(records, change));
  }

  private static FieldSketch numbers(IntToDoubleFunction number) {
    FieldCounter counter = new FieldCounter("score", 0, new DoubleType());
    IntStream.range(0, 1000)
        .mapToObj(i -> GenericRowData.of(number.applyAsDouble(i)))
        .forEach(counter::add);
    return FieldSketch.of(counter.count());
  }

  private FieldCount count(int records, DoubleUnaryOperator change) {
    FieldCounter counter = new FieldCounter("score", 1, new DoubleType());
    GenericRowData row = new GenericRowData(2);
    for (int i = 0; i < records; i++) {
      row.setField(1, change.applyAsDouble(random.nextGaussian()));
      counter.add(row);
    }
    return counter.count();
  }

  private static FieldSketch texts(int records, int different, int length) {
    return FieldSketch.of(textCount(records, different, length, "t"));
  }

  private static FieldCount textCount(int records, int different, int length, String prefix) {
    FieldCounter counter = new FieldCounter("label", 0, new VarCharType());
    IntStream.range(0, records)
        .mapToObj(i -> prefix.repeat(length) + i % different)
        .forEach(text -> counter.add(GenericRowData.of(StringData.fromString(text))));
    return counter.count();
  }
}
