package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Variants that are compared. All are running, one at a time: by turns of a fraction of a second,
 * so that a machine's slow moments come to all of them. Seconds apart, the ratio of two is off by
 * ten percent and more on a machine that is not idle.
 *
 * <p>Not thread-safe.
 */
final class Contest implements AutoCloseable {
  private static final double CALM = 0.02;
  private static final int MOST_LAPS = 4;

  private final Map<ProcessVariant, VariantProcess> entrants = new LinkedHashMap<>();

  /** Starts a variant and waits until it has warmed up. */
  void enter(ProcessVariant variant, Duration warmUp, Path folder) throws IOException {
    entrants.put(variant, VariantProcess.start(variant, warmUp, folder));
  }

  /**
   * One turn of each.
   *
   * @param stolen share of the lap's processor time that the machine did not have
   */
  private record Lap(Map<ProcessVariant, Measurement> turns, double stolen) {}

  /**
   * So many laps. Where others take processor time from this machine, whoever uses more processors
   * loses more: laps go on until as many were free of it, or four times as many are done, and those
   * with the least stolen are answered. Blocks.
   */
  List<Map<ProcessVariant, Measurement>> run(int count, Duration turn) throws IOException {
    List<Lap> laps = new ArrayList<>();
    int calm = 0;
    while (calm < count && laps.size() < MOST_LAPS * count) {
      Lap lap = lap(turn);
      laps.add(lap);
      calm += lap.stolen() <= CALM ? 1 : 0;
    }
    return laps.stream()
        .sorted(Comparator.comparingDouble(Lap::stolen))
        .limit(count)
        .map(Lap::turns)
        .toList();
  }

  private Lap lap(Duration turn) throws IOException {
    Map<ProcessVariant, Measurement> turns = new LinkedHashMap<>();
    ProcessorTime before = ProcessorTime.now();
    for (Map.Entry<ProcessVariant, VariantProcess> entrant : entrants.entrySet()) {
      turns.put(entrant.getKey(), entrant.getValue().turn(turn));
    }
    return new Lap(turns, ProcessorTime.now().stolenShareSince(before));
  }

  @Override
  public void close() throws IOException {
    for (VariantProcess process : entrants.values()) {
      process.close();
    }
  }
}
