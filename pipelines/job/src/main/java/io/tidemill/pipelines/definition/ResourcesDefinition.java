package io.tidemill.pipelines.definition;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a step runs, and with how much. A device is always said; nothing falls back to another.
 *
 * @param device {@code cpu}, {@code gpu}, {@code gpu:N} or {@code gpu:auto}
 * @param parallelism subtasks of the step; null for the job's own parallelism
 * @param threads that compute one model call; null leaves it to the engine
 */
public record ResourcesDefinition(
    String device, @Nullable Integer parallelism, @Nullable Integer threads) {
  /** What a device may be, for messages. */
  public static final String DEVICES = "cpu, gpu, gpu:N or gpu:auto";

  /** The same as a regular expression. */
  public static final String DEVICE_FORM = "cpu|gpu(?::(?:auto|\\d{1,4}))?";

  /** Flink's own limit on the number of key groups. */
  public static final int MAX_PARALLELISM = 32_768;

  public static final int MAX_THREADS = 1024;

  private static final Pattern DEVICE = Pattern.compile(DEVICE_FORM);

  /**
   * Checks.
   *
   * @throws IllegalArgumentException naming what it cannot be
   */
  public ResourcesDefinition {
    if (!DEVICE.matcher(device).matches()) {
      throw new IllegalArgumentException("device: '" + device + "' (expected: " + DEVICES + ")");
    }
    check("parallelism", parallelism, MAX_PARALLELISM);
    check("threads", threads, MAX_THREADS);
  }

  /** A device, with the job's parallelism and the engine's threads. */
  public static ResourcesDefinition on(String device) {
    return new ResourcesDefinition(device, null, null);
  }

  public ResourcesDefinition withParallelism(int subtasks) {
    return new ResourcesDefinition(device, subtasks, threads);
  }

  public ResourcesDefinition withThreads(int number) {
    return new ResourcesDefinition(device, parallelism, number);
  }

  private static void check(String subject, @Nullable Integer value, int largest) {
    if (value != null && (value < 1 || value > largest)) {
      throw new IllegalArgumentException(
          subject + ": " + value + " (expected: 1 to " + largest + ")");
    }
  }
}
