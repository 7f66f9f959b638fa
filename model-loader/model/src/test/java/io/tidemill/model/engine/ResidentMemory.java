package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
  private static final int ROUNDS = 4;

  private ResidentMemory() {}

  /**
   * Fails where the work leaves so many bytes behind each time it is done: caches and compiled code
   * grow now and then, a leak every time.
   */
  public static void assertGrowsLessThan(long bytes, Runnable work) {
    long growth = Long.MAX_VALUE;
    for (int i = 0; i < ROUNDS && growth >= bytes; i++) {
      long before = bytes();
      work.run();
      growth = bytes() - before;
    }
    assertThat(growth).as("bytes left behind in each of %d rounds", ROUNDS).isLessThan(bytes);
  }

  /** How far the work lifts the most memory that this process has had, its heap among it. */
  public static long peakRise(Runnable work) {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
      long before = peak();
      work.run();
      return peak() - before;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long peak() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        << 10;
  }

  private static long bytes() {
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
