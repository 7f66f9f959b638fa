package io.tidemill.benchmarks;

/** One way to score records, measured by {@link SideBySide}. */
interface Variant {
  /** Its name in the table and in the JSON; the workload is in it. */
  String name();

  /** The name of the raw loop that it is compared with. */
  String floor();

  /** Runs the variant for as long as the settings say. Blocks. */
  double recordsPerSecond(Settings settings) throws Exception;
}
