package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Device;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.UnavailableHereException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * What a task says of itself when it asks for its model.
 *
 * @param subtask its index, from 0
 * @param gpus indexes of the GPUs that Flink gives to this process, as Flink writes them
 * @param maxSize the most rows of a call, at least 1
 * @param loadTimeout the longest that it waits until its model is fetched, loaded and warmed up
 */
public record TaskContext(int subtask, List<String> gpus, int maxSize, Duration loadTimeout) {
  public static final Duration DEFAULT_LOAD_TIMEOUT = Duration.ofMinutes(5);

  public TaskContext {
    gpus = List.copyOf(gpus);
    if (subtask < 0) {
      throw new IllegalArgumentException("subtask: " + subtask + " (expected: >= 0)");
    }
    if (maxSize < 1) {
      throw new IllegalArgumentException("max-size: " + maxSize + " (expected: >= 1)");
    }
    if (loadTimeout.isNegative() || loadTimeout.isZero()) {
      throw new IllegalArgumentException("load-timeout: " + loadTimeout + " (expected: > 0s)");
    }
  }

  /** A task that waits for its model as long as is usual. */
  public TaskContext(int subtask, List<String> gpus, int maxSize) {
    this(subtask, gpus, maxSize, DEFAULT_LOAD_TIMEOUT);
  }

  /**
   * The device that a model of this task runs on: the one that is said, or for {@code gpu:auto} one
   * GPU for each subtask in turn.
   *
   * @throws UnavailableHereException if there is no GPU to choose
   */
  public Device choose(ModelVersion version, Device said) {
    requireNonNull(version, "version");
    if (!said.isChosenByTask()) {
      return said;
    }
    if (gpus.isEmpty()) {
      throw new UnavailableHereException(
          "%s: device %s, but Flink gives no GPU to this TaskManager (expected: external-resources: gpu, with external-resource.gpu.amount and its driver, in Flink's configuration; or device: cpu)"
              .formatted(version, said));
    }
    List<Device> devices =
        gpus.stream()
            .map(index -> gpu(version, said, index))
            .sorted(Comparator.comparingInt(Device::index))
            .toList();
    return devices.get(subtask % devices.size());
  }

  private static Device gpu(ModelVersion version, Device said, String index) {
    try {
      return new Device(Device.Kind.GPU, Integer.parseUnsignedInt(index.strip()));
    } catch (IllegalArgumentException notAnIndex) {
      throw new UnavailableHereException(
          "%s: device %s: Flink names a GPU '%s' (expected: its index, from 0; name the GPU in the job as in gpu:0)"
              .formatted(version, said, index),
          notAnIndex);
    }
  }
}
