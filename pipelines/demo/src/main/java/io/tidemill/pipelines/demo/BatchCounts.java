package io.tidemill.pipelines.demo;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a step says of its batches.
 *
 * @param records how many records they held
 * @param batches how many there were
 * @param closeCauses how many closed for each cause that occurred
 */
record BatchCounts(long records, long batches, Map<String, Long> closeCauses) {
  BatchCounts {
    closeCauses = Collections.unmodifiableMap(new TreeMap<>(closeCauses));
  }

  /** Mean size over the largest size, 0 to 1; not a number without a batch. */
  double fill(int maxSize) {
    return batches == 0 ? Double.NaN : (double) records / batches / maxSize;
  }
}
