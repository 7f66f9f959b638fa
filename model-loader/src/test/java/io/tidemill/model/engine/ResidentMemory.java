package io.tidemill.model.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that this process has, whoever allocated it, as Linux counts it. */
public final class ResidentMemory {
  private static final long PAGE = 4096;

  private ResidentMemory() {}

  public static long bytes() {
    try {
      return PAGE * Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
