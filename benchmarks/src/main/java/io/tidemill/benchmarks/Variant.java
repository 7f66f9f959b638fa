package io.tidemill.benchmarks;

/** One way to score records, measured by {@link SideBySide}. */
interface Variant {
  /** Its name in the table and in the JSON; the workload is in it. */
  String name();

  /** The name of the variant that it is compared with in the table: the raw loop, mostly. */
  String floor();

  /** What those have in common that take turns: the floor, mostly. */
  default String group() {
    return floor();
  }
}
