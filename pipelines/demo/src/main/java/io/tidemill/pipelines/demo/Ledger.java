package io.tidemill.pipelines.demo;

import java.util.Arrays;

/**
 * What was written to the source topic: for each transaction the instant at which the broker
 * appended it, and for each place in the topic which transaction lies there.
 *
 * <p>The topic must have been empty, so that offsets count from 0. Memory is 12 bytes per record.
 *
 * <p>One thread writes; others may read after they have seen that thread's end (a producer's {@code
 * flush} is enough).
 */
final class Ledger {
  private final long[] appendMillis;
  private final int[][] numbers;

  Ledger(int records, int partitions) {
    appendMillis = new long[records];
    numbers = new int[partitions][records / partitions + 16];
    for (int[] partition : numbers) {
      Arrays.fill(partition, -1);
    }
  }

  int records() {
    return appendMillis.length;
  }

  void appended(int number, int partition, long offset, long brokerMillis) {
    appendMillis[number] = brokerMillis;
    int place = Math.toIntExact(offset);
    int[] places = numbers[partition];
    if (place >= places.length) {
      numbers[partition] = Arrays.copyOf(places, Math.max(place + 1, places.length * 2));
      Arrays.fill(numbers[partition], places.length, numbers[partition].length, -1);
    }
    numbers[partition][place] = number;
  }

  /** The transaction at this place of the source topic, or -1 if none was written there. */
  int numberAt(int partition, long offset) {
    if (partition < 0 || partition >= numbers.length) {
      return -1;
    }
    int[] places = numbers[partition];
    return offset >= 0 && offset < places.length ? places[(int) offset] : -1;
  }

  /**
   * When the broker appended this transaction, in milliseconds since 1970 by the broker's clock.
   */
  long appendMillis(int number) {
    return appendMillis[number];
  }
}
