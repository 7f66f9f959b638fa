package io.tidemill.benchmarks;

import java.util.Locale;

/** What may be measured of a variant. */
enum Quantity {
  RECORDS_PER_SECOND("recordsPerSecond", 0),
  NANOS_PER_RECORD("nanosPerRecord", 1),
  /** In a second of one processor: the time of all threads counts, the collector's too. */
  RECORDS_PER_CPU_SECOND("recordsPerCpuSecond", 0),
  /** Allocated on the heap, over all threads that live at the end of the measurement. */
  BYTES_PER_RECORD("bytesPerRecord", 1),
  /** Of one processor, all threads together. */
  CPU_PERCENT("cpuPercent", 2),
  /** From a checkpoint's trigger to its completion: the median of those of one measurement. */
  CHECKPOINT_MILLIS("checkpointMillis", 3),
  /** The same: the longest of them. */
  CHECKPOINT_P99_MILLIS("checkpointP99Millis", 3),
  /** From the start of a process until its result can be read. */
  START_SECONDS("startSeconds", 2),
  /** The most memory that a process had. */
  PEAK_BYTES("peakBytes", 0);

  private final String label;
  private final int decimals;

  Quantity(String label, int decimals) {
    this.label = label;
    this.decimals = decimals;
  }

  /** Its name in the JSON. */
  String label() {
    return label;
  }

  /** A value as it stands in a table. */
  String format(double value) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
