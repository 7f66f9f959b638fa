package io.tidemill.benchmarks;

import io.tidemill.pipelines.cli.Tidemill;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * {@code tidemill run} for a date, as its user starts it, watched from outside.
 *
 * @param script the command; where it is empty, the command's program on this class path
 * @param file the job's
 * @param output what the date's run leaves
 */
record BulkCommand(String name, String script, String file, BulkOutput output) implements Variant {
  /** The date of all runs. */
  static final String DATE = "2026-11-21";

  private static final int POLL_MILLIS = 50;
  private static final long PATIENCE_SECONDS = 1_800;
  private static final double NANOS = 1e9;

  @Override
  public String floor() {
    return name;
  }

  /**
   * Runs it once, from nothing. Blocks.
   *
   * @throws IllegalStateException with what it printed, if it failed
   */
  Measurement measure(Path folder) throws IOException, InterruptedException {
    output.clear();
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder = process(folder).redirectErrorStream(true).redirectOutput(log.toFile());
    Path success = Path.of(output.folder(), "_SUCCESS");
    long startNanos = System.nanoTime();
    Process process = builder.start();
    WatchedProcess watched = new WatchedProcess(process.pid());
    long successNanos = 0;
    boolean ended = false;
    try {
      while (!ended
          && System.nanoTime() - startNanos < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
        ended = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (successNanos == 0 && Files.exists(success)) {
          successNanos = System.nanoTime() - startNanos;
        }
        watched.look();
      }
    } finally {
      process.destroyForcibly();
    }
    if (!ended || process.exitValue() != 0 || successNanos == 0) {
      throw new IllegalStateException(
          "%s: failed (expected: exit code 0, and %s); it printed:%n%s"
              .formatted(name, success, Files.readString(log)));
    }
    output.check(name);
    return new Measurement(
        Map.of(
            Quantity.START_SECONDS,
            successNanos / NANOS,
            Quantity.PEAK_BYTES,
            (double) watched.peakBytes()));
  }

  private ProcessBuilder process(Path folder) throws IOException {
    List<String> run = List.of("run", file, "--date", DATE, "--force", "-o", "json");
    if (script.isEmpty()) {
      return new ProcessBuilder(new JavaProgram(Tidemill.class, run).command(List.of()));
    }
    ProcessBuilder process =
        new ProcessBuilder(Stream.concat(Stream.of(script), run.stream()).toList());
    process.environment().put("TIDEMILL_LIB", parquet(folder.resolve("lib")).toString());
    return process;
  }

  /** What the command does not bring for Parquet. */
  private static Path parquet(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path jar = Path.of(entry);
      String name = jar.getFileName().toString();
      boolean wanted = Stream.of("flink-sql-parquet-", "hadoop-client-").anyMatch(name::startsWith);
      if (wanted && !Files.exists(folder.resolve(name))) {
        Files.createSymbolicLink(folder.resolve(name), jar);
      }
    }
    return folder;
  }
}
