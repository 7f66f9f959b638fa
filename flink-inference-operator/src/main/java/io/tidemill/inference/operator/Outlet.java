package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import java.util.List;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Where the results of batches leave to, as elements of the stream. Task thread only.
 *
 * @param <R> a result
 */
interface Outlet<R> {
  /** Begins with results of one batch, each of which comes by itself. */
  void begin();

  /** Takes one of them. */
  void result(R result, long timestamp);

  /** All of them have come. */
  void end();

  /** Takes the results of records that came together. */
  void together(List<R> results, long timestamp);

  /** An element of the stream. */
  static <E> StreamRecord<E> carrier(E element, long timestamp) {
    return timestamp == Batch.NO_TIMESTAMP
        ? new StreamRecord<>(element)
        : new StreamRecord<>(element, timestamp);
  }
}
