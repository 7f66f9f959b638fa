package io.tidemill.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts the processes of {@link ProcessVariant}s, one at a time, with this one's class path and
 * options. Each begins afresh: no variant runs with the engine's settings, the compiled code or the
 * garbage of another.
 *
 * <p>Not thread-safe.
 */
final class OwnProcess {
  private static final long PATIENCE_SECONDS = 180;

  private final Path folder;

  /**
   * Starts nothing yet.
   *
   * @param folder for the files between the two processes
   */
  OwnProcess(Path folder) {
    this.folder = folder;
  }

  private record Request(ProcessVariant variant, Settings settings) implements Serializable {}

  /**
   * Starts a process and waits for what it measured.
   *
   * @throws IllegalStateException with the process's output if it failed or did not end
   */
  Measurement measure(ProcessVariant variant, Settings settings)
      throws IOException, InterruptedException {
    Path request = folder.resolve("request");
    Path measurement = folder.resolve("measurement");
    Path output = folder.resolve("output");
    write(request, new Request(variant, settings));
    Files.deleteIfExists(measurement);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(OwnProcess.class.getName(), request.toString(), measurement.toString()));
    File log = output.toFile();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    long seconds =
        settings.warmUp().toSeconds() + settings.measured().toSeconds() + PATIENCE_SECONDS;
    try {
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        throw failure(variant, "has not ended after " + seconds + " s", output);
      }
      if (process.exitValue() != 0) {
        throw failure(variant, "ended with " + process.exitValue(), output);
      }
    } finally {
      process.destroyForcibly();
    }
    return (Measurement) read(measurement);
  }

  private static IllegalStateException failure(ProcessVariant variant, String problem, Path output)
      throws IOException {
    return new IllegalStateException(
        "process of variant '%s': %s; it printed:%n%s"
            .formatted(variant.name(), problem, Files.readString(output)));
  }

  private static void write(Path file, Serializable object) throws IOException {
    try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
      out.writeObject(object);
    }
  }

  private static Object read(Path file) throws IOException {
    try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
      return in.readObject();
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The other process: reads what to measure from the first file, writes what came to the second.
   */
  public static void main(String[] files) throws Exception {
    Request request = (Request) read(Path.of(files[0]));
    write(Path.of(files[1]), request.variant().measure(request.settings()));
    // Engines and peers leave threads behind.
    System.exit(0);
  }
}
