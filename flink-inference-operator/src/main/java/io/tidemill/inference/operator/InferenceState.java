package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.InFlight;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.streaming.runtime.streamrecord.StreamElement;
import org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * What a checkpoint holds: the records that are not emitted yet, with their timestamps, and the
 * batch size that memory taught. Flink deals the records out anew when the parallelism changes; the
 * size goes to every subtask, or those that are added would run out of memory once more.
 *
 * <p>Each record is an element of its list, so that any parallelism deals them out evenly. Chunks
 * of 64, written in blocks, were tried and dropped: a thousand rows of 32 floats took two
 * milliseconds either way, nearly all of it in the row's own serializer.
 *
 * <p>Watermarks are not in it: dealt out with the records they could overtake some. Task thread
 * only.
 */
final class InferenceState<T> {
  private static final int LAYOUT = 1;

  private final ListState<Integer> layout;
  private final ListState<StreamElement> records;
  private final ListState<Integer> sizeLimits;

  InferenceState(OperatorStateStore store, TypeSerializer<T> serializer) throws Exception {
    layout =
        store.getListState(new ListStateDescriptor<>("tidemill-layout", IntSerializer.INSTANCE));
    for (Integer written : layout.get()) {
      if (written > LAYOUT) {
        throw new InferenceException(
            "layout of the restored state: %d (expected: <= %d); restore it with the release that wrote it or a newer one"
                .formatted(written, LAYOUT),
            null);
      }
    }
    records =
        store.getListState(
            new ListStateDescriptor<>(
                "tidemill-records", new StreamElementSerializer<>(serializer)));
    sizeLimits =
        store.getUnionListState(
            new ListStateDescriptor<>("tidemill-size-limit", IntSerializer.INSTANCE));
  }

  /** Records to be taken in again. */
  List<StreamRecord<T>> restoredRecords() throws Exception {
    List<StreamRecord<T>> restored = new ArrayList<>();
    for (StreamElement element : records.get()) {
      restored.add(element.asRecord());
    }
    return restored;
  }

  /**
   * The smallest batch size that memory taught any of the former subtasks, or {@code otherwise}.
   */
  int restoredSizeLimit(int otherwise) throws Exception {
    int limit = otherwise;
    for (Integer learned : sizeLimits.get()) {
      limit = Math.min(limit, learned);
    }
    return limit;
  }

  void write(Batcher<T, Object> batcher, InFlight<T, Object> inFlight, boolean limitLearned)
      throws Exception {
    List<StreamElement> left = new ArrayList<>();
    inFlight.forEach(batch -> collect(batch, left));
    collect(batcher.open(), left);
    layout.update(List.of(LAYOUT));
    records.update(left);
    sizeLimits.update(limitLearned ? List.of(batcher.sizeLimit()) : List.of());
  }

  private static <T> void collect(Batch<T, Object> batch, List<StreamElement> left) {
    for (int row = batch.firstLeft(); row < batch.size(); row++) {
      T record = batch.record(row);
      long timestamp = batch.timestamp(row);
      left.add(
          timestamp == Batch.NO_TIMESTAMP
              ? new StreamRecord<>(record)
              : new StreamRecord<>(record, timestamp));
    }
  }
}
