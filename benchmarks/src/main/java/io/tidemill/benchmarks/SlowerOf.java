package io.tidemill.benchmarks;

import java.util.Map;

/** Whichever of two was slower in a lap: what neither can pass if each has a processor. */
record SlowerOf(ProcessVariant one, ProcessVariant other) implements Variant {
  @Override
  public String name() {
    return "slower-of-%s-and-%s".formatted(one.name(), other.name());
  }

  @Override
  public String floor() {
    return name();
  }

  @Override
  public String group() {
    return one.group();
  }

  /** Adds itself to a lap in which both were. */
  void addTo(Map<Variant, Measurement> lap) {
    if (lap.containsKey(one) && lap.containsKey(other)) {
      Quantity rate = Quantity.RECORDS_PER_SECOND;
      double ofOne = lap.get(one).value(rate).orElse(Double.NaN);
      double ofOther = lap.get(other).value(rate).orElse(Double.NaN);
      lap.put(this, lap.get(ofOne <= ofOther ? one : other));
    }
  }
}
