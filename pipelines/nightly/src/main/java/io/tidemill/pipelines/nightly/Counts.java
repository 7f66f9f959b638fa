package io.tidemill.pipelines.nightly;

import io.tidemill.pipelines.run.RunFigures;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of the records of a run.
 *
 * @param recordsIn all that were read
 * @param recordsOut predictions
 * @param deadLetters by cause
 */
public record Counts(long recordsIn, long recordsOut, Map<String, Long> deadLetters) {
  public Counts {
    deadLetters = Collections.unmodifiableMap(new TreeMap<>(deadLetters));
  }

  static Counts of(RunFigures figures) {
    return new Counts(figures.recordsIn(), figures.predictions(), figures.deadLetters());
  }

  /** Dead letters of all causes. */
  public long allDeadLetters() {
    return deadLetters.values().stream().mapToLong(Long::longValue).sum();
  }
}
