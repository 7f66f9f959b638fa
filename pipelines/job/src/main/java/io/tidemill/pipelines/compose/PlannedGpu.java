package io.tidemill.pipelines.compose;

import io.tidemill.model.Gpu;
import io.tidemill.model.store.ByteSize;
import org.jspecify.annotations.Nullable;

/**
 * The GPU of a step, as the driver of the machine knows it that plans. Immutable.
 *
 * @param totalBytes null where that driver does not know it, as are the next and the last
 * @param freeBytes now
 * @param batchBytes the least that the calls of full batches take in each subtask, as many as are
 *     made at once: inputs and outputs alone, beside the model and what its engine takes
 * @param share of all its memory that those take, 0 to 1
 */
public record PlannedGpu(
    String name,
    String driver,
    @Nullable Long totalBytes,
    @Nullable Long freeBytes,
    long batchBytes,
    @Nullable Double share) {

  static PlannedGpu of(Gpu gpu, long batchBytes) {
    double total = gpu.totalBytes();
    return gpu.isKnown()
        ? new PlannedGpu(
            gpu.name(),
            gpu.driver(),
            (long) total,
            (long) gpu.freeBytes(),
            batchBytes,
            batchBytes / total)
        : new PlannedGpu(gpu.name(), gpu.driver(), null, null, batchBytes, null);
  }

  /** Whether the calls do not fit into what is free now, even without the model. */
  boolean isTooSmallNow() {
    return freeBytes != null && batchBytes > freeBytes;
  }

  /** In words, for people. */
  @Override
  public String toString() {
    String calls = new ByteSize(batchBytes).toString();
    return totalBytes == null || freeBytes == null || share == null
        ? "not known to a driver here; calls of full batches take %s of it at least"
            .formatted(calls)
        : "%s, driver %s: %s, of which %s are free here now; calls of full batches take %s at least (%.1f %%)"
            .formatted(
                name,
                driver,
                new ByteSize(totalBytes),
                new ByteSize(freeBytes),
                calls,
                100 * share);
  }
}
