package io.tidemill.pipelines.nightly;

import io.tidemill.pipelines.compose.FieldSketch;
import io.tidemill.pipelines.compose.QuantileShift;
import io.tidemill.pipelines.definition.GatesDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gates of a job.
 *
 * @param before what is published for the date before; is asked once, and only by a gate that
 *     compares
 */
record Gates(GatesDefinition asked, Supplier<Optional<Published>> before) {
  private static final String MIN_ROWS = "min-rows";
  private static final String MAX_NULL_RATE = "max-null-rate";
  private static final String PSI = "psi";
  private static final String QUANTILES = "quantiles";
  private static final double MEDIAN = 0.5;

  /** What they make of predictions. */
  List<GateOutcome> judge(long predictions, List<FieldSketch> fields) {
    List<GateOutcome> outcomes = new ArrayList<>();
    Long least = asked.minRows();
    if (least != null) {
      outcomes.add(
          outcome(
              MIN_ROWS,
              null,
              predictions >= least,
              String.format(Locale.ROOT, "%,d predictions", predictions),
              least));
    }
    if (asked.maxNullRate() != null) {
      fields.forEach(field -> outcomes.add(nulls(field)));
    }
    Double psi = asked.psi();
    Double quantiles = asked.quantiles();
    if (psi != null || quantiles != null) {
      Optional<Published> published = before.get();
      if (psi != null) {
        fields.forEach(field -> outcomes.add(drift(field, psi, published)));
      }
      if (quantiles != null) {
        fields.forEach(field -> outcomes.add(shift(field, quantiles, published)));
      }
    }
    return outcomes;
  }

  private GateOutcome nulls(FieldSketch field) {
    return outcome(
        MAX_NULL_RATE,
        field.field(),
        !asked.refusesNulls(field.missing(), field.records()),
        String.format(Locale.ROOT, "%,d of %,d are null or NaN", field.missing(), field.records()),
        asked.shownNullRate());
  }

  private static GateOutcome drift(FieldSketch field, double most, Optional<Published> published) {
    Optional<FieldSketch> was = before(field, published);
    Optional<Double> index =
        was.flatMap(there -> compared(published.get(), () -> field.stabilityIndexTo(there)));
    String found =
        index.isEmpty()
            ? uncompared(published, "neither numbers nor few texts")
            : String.format(
                Locale.ROOT,
                "%.3f against %s%s",
                index.get(),
                published.get().run().date(),
                medians(field, was.get()));
    return new GateOutcome(
        PSI,
        field.field(),
        index.isEmpty() || index.get() <= most,
        found,
        limit(PSI, most),
        index.orElse(null),
        null);
  }

  private static GateOutcome shift(FieldSketch field, double most, Optional<Published> published) {
    Optional<QuantileShift> moved =
        before(field, published)
            .flatMap(was -> compared(published.get(), () -> field.quantileShiftFrom(was)));
    String found =
        moved.isEmpty()
            ? uncompared(published, "no numbers")
            : shown(moved.get(), published.get().run().date());
    return new GateOutcome(
        QUANTILES,
        field.field(),
        moved.isEmpty() || moved.get().shift() <= most,
        found,
        limit(QUANTILES, most),
        null,
        moved.map(QuantileShift::shift).filter(Double::isFinite).orElse(null));
  }

  private static String shown(QuantileShift moved, String date) {
    String far =
        Double.isFinite(moved.shift())
            ? String.format(Locale.ROOT, "%.3f of the spread", moved.shift())
            : "moved without a spread to measure by";
    return String.format(
        Locale.ROOT,
        "%s against %s, at %.0f%% %.4g after %.4g",
        far,
        date,
        100 * moved.rank(),
        moved.now(),
        moved.before());
  }

  /** The field as it was; empty where it was not there. */
  private static Optional<FieldSketch> before(FieldSketch field, Optional<Published> published) {
    return published.stream()
        .flatMap(there -> there.predictions().stream())
        .filter(sketch -> sketch.field().equals(field.field()))
        .findFirst();
  }

  private static String uncompared(Optional<Published> published, String lacking) {
    return published.isEmpty()
        ? "no date before is published to compare with"
        : "not compared with %s, as there or here are %s"
            .formatted(published.get().run().date(), lacking);
  }

  private static <T> Optional<T> compared(Published there, Supplier<Optional<T>> comparison) {
    try {
      return comparison.get();
    } catch (IllegalArgumentException damaged) {
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "'%s/%s': %s; take it away, and run for %s again with --force; nothing is published"
              .formatted(
                  there.run().target(), Published.FILE, damaged.getMessage(), there.run().date()),
          damaged);
    }
  }

  private static String medians(FieldSketch field, FieldSketch before) {
    List<Double> now = field.quantiles(MEDIAN);
    List<Double> was = before.quantiles(MEDIAN);
    return now.isEmpty() || was.isEmpty()
        ? ""
        : String.format(Locale.ROOT, ", median %.4g after %.4g", now.get(0), was.get(0));
  }

  private static GateOutcome outcome(
      String gate, @Nullable String field, boolean passed, String found, Object limit) {
    return new GateOutcome(gate, field, passed, found, limit(gate, limit), null, null);
  }

  private static String limit(String gate, Object limit) {
    return "gates." + gate + ": " + limit;
  }
}
