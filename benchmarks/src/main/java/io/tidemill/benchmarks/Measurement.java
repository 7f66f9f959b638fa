package io.tidemill.benchmarks;

import java.io.Serializable;
import java.util.Map;
import java.util.OptionalDouble;

/** One measurement of one variant: a value for some quantities. */
record Measurement(Map<Quantity, Double> values) implements Serializable {
  Measurement {
    values = Map.copyOf(values);
  }

  /** What a meter saw between two instants. */
  static Measurement ofRecords(long records, long nanos, long bytes) {
    if (records == 0) {
      throw new IllegalStateException(
          "records: none in %d ms (expected: some; measure longer)".formatted(nanos / 1_000_000));
    }
    return new Measurement(
        Map.of(
            Quantity.RECORDS_PER_SECOND,
            records * 1e9 / nanos,
            Quantity.NANOS_PER_RECORD,
            (double) nanos / records,
            Quantity.BYTES_PER_RECORD,
            (double) bytes / records));
  }

  static Measurement ofCheckpoint(double millis) {
    return new Measurement(Map.of(Quantity.CHECKPOINT_MILLIS, millis));
  }

  OptionalDouble value(Quantity quantity) {
    Double value = values.get(quantity);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
