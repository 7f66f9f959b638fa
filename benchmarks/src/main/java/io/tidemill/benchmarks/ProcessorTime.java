package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringTokenizer;

/**
 * The machine's processor time since it started, as Linux counts it in {@code /proc/stat}.
 *
 * @param all of all processors, in ticks
 * @param stolen what other virtual machines of the host took of it while this one had work to do
 */
record ProcessorTime(long all, long stolen) {
  private static final Path STATISTICS = Path.of("/proc/stat");
  private static final int STOLEN = 7;
  private static final int KINDS = 8;

  /** Up to now; nothing where the system does not count it. */
  static ProcessorTime now() throws IOException {
    if (!Files.isReadable(STATISTICS)) {
      return new ProcessorTime(0, 0);
    }
    return parse(Files.readAllLines(STATISTICS).get(0));
  }

  /** Of the line for all processors. */
  static ProcessorTime parse(String line) {
    StringTokenizer words = new StringTokenizer(line);
    words.nextToken();
    long all = 0;
    long stolen = 0;
    for (int kind = 0; kind < KINDS && words.hasMoreTokens(); kind++) {
      long ticks = Long.parseLong(words.nextToken());
      all += ticks;
      stolen += kind == STOLEN ? ticks : 0;
    }
    return new ProcessorTime(all, stolen);
  }

  /** The share of the time from then to now that was stolen. */
  double stolenShareSince(ProcessorTime then) {
    long ticks = all - then.all;
    return ticks == 0 ? 0 : (double) (stolen - then.stolen) / ticks;
  }
}
