package io.tidemill.pipelines.demo;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a demo found: the account of all records, how fast, how well, and where to look further.
 * Immutable and so safe for use by several threads.
 *
 * @param recordsIn how many records were written to the source topic
 * @param backlog how many of them waited when the job began
 * @param steadyPerSecond how many of the others came each second
 * @param outcomes what became of them
 * @param fill mean batch size over {@code max-size} while the backlog was worked off, 0 to 1; not a
 *     number if not measured
 * @param closeCauses how many batches closed for each cause meanwhile
 * @param places where the parts are
 */
record DemoReport(
    long recordsIn,
    long backlog,
    int steadyPerSecond,
    Outcomes outcomes,
    double fill,
    Map<String, Long> closeCauses,
    Places places) {
  DemoReport {
    closeCauses = Collections.unmodifiableMap(new TreeMap<>(closeCauses));
  }

  /**
   * Where the parts of the demo are.
   *
   * @param webUi the address of Flink's web UI; null where none runs
   * @param broker the broker's address
   * @param model name and version
   * @param digest the model's, with its algorithm
   * @param store the store's URI
   * @param workFolder the folder of everything
   */
  record Places(
      @Nullable String webUi,
      String broker,
      String transactions,
      String predictions,
      String deadLetters,
      String model,
      String digest,
      String store,
      String workFolder) {}

  /** 0 if each record had exactly one outcome, else 1: the command's exit code. */
  int exitCode() {
    return outcomes.exactlyOnce() ? 0 : 1;
  }
}
