package io.tidemill.benchmarks;

/**
 * What was asked of {@code benchmarks/run kafka}.
 *
 * @param records in the topic
 * @param turns of each job
 */
record KafkaArguments(int records, int turns, boolean json) {
  static final String USAGE = "usage: kafka [--records N] [--turns N] [-o json]";

  private static final int DEFAULT_RECORDS = 2_000_000;
  private static final int DEFAULT_TURNS = 3;

  /**
   * Reads the command line.
   *
   * @throws UsageException naming the argument that is wrong
   */
  static KafkaArguments parse(String... arguments) {
    CommandLine line = new CommandLine(USAGE, arguments);
    int records = DEFAULT_RECORDS;
    int turns = DEFAULT_TURNS;
    boolean json = false;
    while (line.hasNext()) {
      switch (line.next()) {
        case "--records" -> records = line.positive(99_999_999);
        case "--turns" -> turns = line.positive(99);
        case "-o" -> json = line.json();
        default -> throw line.unknown();
      }
    }
    return new KafkaArguments(records, turns, json);
  }
}
