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

  private static final Pattern DEVICE = Pattern.compile("cpu|gpu(?::(?:auto|\\d{1,4}))?");
  // Flink's own limit on the number of key groups.
  private static final int MAX_PARALLELISM = 32_768;
  private static final int MAX_THREADS = 1024;

  public ResourcesDefinition {
    checkDevice(device);
    if (parallelism != null) {
      checkParallelism(parallelism);
    }
    if (threads != null) {
      checkThreads(threads);
    }
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is not a device
   */
  public static String checkDevice(String device) {
    if (!DEVICE.matcher(device).matches()) {
      throw new IllegalArgumentException("device: '" + device + "' (expected: " + DEVICES + ")");
    }
    return device;
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is not from 1 to Flink's limit
   */
  public static int checkParallelism(int parallelism) {
    if (parallelism < 1 || parallelism > MAX_PARALLELISM) {
      throw new IllegalArgumentException(
          "parallelism: " + parallelism + " (expected: 1 to " + MAX_PARALLELISM + ")");
    }
    return parallelism;
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is not from 1 to 1024
   */
  public static int checkThreads(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "threads: " + threads + " (expected: 1 to " + MAX_THREADS + ")");
    }
    return threads;
  }
}
