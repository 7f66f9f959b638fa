package io.tidemill.model.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory outside the Java heap that this process has, whoever allocated it, as Linux counts it.
 */
public final class ResidentMemory {
  /** A heap of less than 32 GiB lies below this address, and what is allocated natively above. */
  private static final long HEAP_ENDS = 1L << 40;

  private static final int HEXADECIMAL = 16;

  private ResidentMemory() {}

  public static long bytes() {
    long kibibytes = 0;
    boolean counted = false;
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
        if (line.startsWith("Rss:")) {
          kibibytes += counted ? Long.parseLong(line.replaceAll("\\D", "")) : 0;
        } else if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
          String start = line.substring(0, line.indexOf('-'));
          counted = Long.compareUnsigned(Long.parseUnsignedLong(start, HEXADECIMAL), HEAP_ENDS) > 0;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return kibibytes << 10;
  }
}
