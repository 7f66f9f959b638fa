package io.tidemill.benchmarks;

import java.time.Instant;
import java.util.Map;

/**
 * What one turn of a job came to.
 *
 * @param wallSeconds from the start of its process to its end
 * @param startSeconds until the first record was in the topic
 * @param stageSeconds until each stage before that, by its name
 * @param recordsPerSecond from a quarter of the records to the last
 * @param endSeconds from the last record to the end of the process, its commit above all
 * @param peakBytes the most memory that the process had
 * @param cpuSeconds of all threads
 * @param threadSeconds the same by what threads are for
 */
record KafkaTurn(
    double wallSeconds,
    double startSeconds,
    Map<String, Double> stageSeconds,
    double recordsPerSecond,
    double endSeconds,
    long peakBytes,
    double cpuSeconds,
    Map<String, Double> threadSeconds,
    Instant firstRecord,
    Instant lastRecord) {

  /** A number of a turn, by the name that reports give it. */
  enum Part {
    WALL("wallSeconds"),
    START("startSeconds"),
    RATE("recordsPerSecond"),
    END("endSeconds"),
    MEMORY("peakBytes"),
    CPU("cpuSeconds");

    private final String label;

    Part(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    double of(KafkaTurn turn) {
      return switch (this) {
        case WALL -> turn.wallSeconds;
        case START -> turn.startSeconds;
        case RATE -> turn.recordsPerSecond;
        case END -> turn.endSeconds;
        case MEMORY -> turn.peakBytes;
        case CPU -> turn.cpuSeconds;
      };
    }
  }
}
