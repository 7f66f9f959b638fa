package io.tidemill.benchmarks;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** One measurement of one variant: a value for some quantities. */
record Measurement(Map<Quantity, Double> values) implements Serializable {
  Measurement {
    values = Map.copyOf(values);
  }

  /**
   * What was seen between two instants, in which the process used {@code cpuNanos} of processors:
   * nothing where no record came, as when the machine stood still for a whole turn.
   */
  static Measurement ofRecords(long records, long nanos, long cpuNanos, long bytes) {
    if (records == 0) {
      return new Measurement(Map.of());
    }
    return new Measurement(
        Map.of(
            Quantity.RECORDS_PER_SECOND,
            records * 1e9 / nanos,
            Quantity.NANOS_PER_RECORD,
            (double) nanos / records,
            Quantity.RECORDS_PER_CPU_SECOND,
            // A short turn may be less than what the system counts in.
            records * 1e9 / Math.max(1, cpuNanos),
            Quantity.BYTES_PER_RECORD,
            (double) bytes / records,
            Quantity.CPU_PERCENT,
            cpuNanos * 100.0 / nanos));
  }

  /** A job of so many records, from its start to its end. */
  static Measurement ofJob(long records, long nanos, long cpuNanos) {
    return new Measurement(
        Map.of(
            Quantity.RECORDS_PER_SECOND,
            records * 1e9 / nanos,
            Quantity.NANOS_PER_RECORD,
            (double) nanos / records,
            Quantity.RECORDS_PER_CPU_SECOND,
            records * 1e9 / Math.max(1, cpuNanos)));
  }

  static Measurement ofCheckpoints(List<Double> millis) {
    return new Measurement(
        Map.of(
            Quantity.CHECKPOINT_MILLIS,
            Spread.of(millis).median(),
            Quantity.CHECKPOINT_P99_MILLIS,
            Spread.p99(millis)));
  }

  OptionalDouble value(Quantity quantity) {
    Double value = values.get(quantity);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
