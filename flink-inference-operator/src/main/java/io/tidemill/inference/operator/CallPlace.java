package io.tidemill.inference.operator;

import java.io.Serializable;
import java.time.Duration;

/**
 * Who makes a step's model calls. Task thread only: an {@link AsyncStep}, which has none, hands
 * every batch to a worker and does not ask.
 */
interface CallPlace {
  /** The workers make every call. */
  CallPlace WORKERS =
      new CallPlace() {
        @Override
        public boolean isHere(int records) {
          return false;
        }

        @Override
        public void scored(int records, long callNanos, long nowNanos) {}
      };

  /** Whether the task thread makes the next call itself, if it is one with so many records. */
  boolean isHere(int records);

  /**
   * Learns from a batch, wherever it was called.
   *
   * @param callNanos of one of its calls
   */
  void scored(int records, long callNanos, long nowNanos);

  /** Makes the place of one subtask's calls. */
  @FunctionalInterface
  interface Choice extends Serializable {
    /**
     * The place of a subtask's calls.
     *
     * @param shortCall the longest call that the task thread may make; zero for none
     */
    CallPlace choose(Duration shortCall, ProcessorUse use);
  }
}
