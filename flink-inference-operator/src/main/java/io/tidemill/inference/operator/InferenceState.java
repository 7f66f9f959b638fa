package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.InFlight;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.streaming.runtime.streamrecord.StreamElement;
import org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * What a checkpoint holds: the records that are not emitted yet, with their timestamps, and the
 * batch size that memory taught. Flink deals the records out anew when the parallelism changes.
 *
 * <p>The size is broadcast state though subtasks learn for themselves: Flink gives each new subtask
 * what one of the former ones wrote, so that those that are added need not run out of memory once
 * more. A union list would give every subtask all sizes, but Flink declines every checkpoint of an
 * operator with such a list once some of its subtasks have finished.
 *
 * <p>Each record is an element of its list, so that any parallelism deals them out evenly. Chunks
 * of 64, written in blocks, were tried and dropped: nearly all the time goes to the row's own
 * serializer either way.
 *
 * <p>Watermarks are not in it: dealt out with the records they could overtake some. Task thread
 * only.
 */
final class InferenceState<T> {
  private static final int LAYOUT = 2;

  /** Where layout 1 had the sizes, as a union list. */
  private static final String SIZES_OF_LAYOUT_1 = "tidemill-size-limit";

  private static final String MAX_SIZE = "max-size";

  private final ListState<Integer> layout;
  private final ListState<StreamElement> records;
  private final BroadcastState<String, Integer> learned;

  InferenceState(OperatorStateStore store, TypeSerializer<T> serializer) throws Exception {
    boolean hasLayout1 = store.getRegisteredStateNames().contains(SIZES_OF_LAYOUT_1);
    layout =
        store.getListState(new ListStateDescriptor<>("tidemill-layout", IntSerializer.INSTANCE));
    for (Integer written : layout.get()) {
      if (written > LAYOUT) {
        throw new StepSettingsException(
            "layout of the restored state: %d (expected: <= %d); restore it with the release that wrote it or a newer one"
                .formatted(written, LAYOUT),
            null);
      }
    }
    records =
        store.getListState(
            new ListStateDescriptor<>(
                "tidemill-records", new StreamElementSerializer<>(serializer)));
    learned =
        store.getBroadcastState(
            new MapStateDescriptor<>(
                "tidemill-learned", StringSerializer.INSTANCE, IntSerializer.INSTANCE));
    if (hasLayout1) {
      takeOverSizes(
          store.getUnionListState(
              new ListStateDescriptor<>(SIZES_OF_LAYOUT_1, IntSerializer.INSTANCE)));
    }
  }

  private void takeOverSizes(ListState<Integer> sizes) throws Exception {
    for (Integer size : sizes.get()) {
      learned.put(MAX_SIZE, Math.min(size, restoredSizeLimit(size)));
    }
    sizes.clear();
  }

  /** Records to be taken in again. */
  List<StreamRecord<T>> restoredRecords() throws Exception {
    List<StreamRecord<T>> restored = new ArrayList<>();
    for (StreamElement element : records.get()) {
      restored.add(element.asRecord());
    }
    return restored;
  }

  /** The batch size that memory taught one of the former subtasks, or {@code otherwise}. */
  int restoredSizeLimit(int otherwise) throws Exception {
    Integer limit = learned.get(MAX_SIZE);
    return limit == null ? otherwise : limit;
  }

  void write(Batcher<T, Object> batcher, InFlight<T, Object> inFlight, boolean limitLearned)
      throws Exception {
    List<StreamElement> left = new ArrayList<>();
    inFlight.forEach(batch -> collect(batch, left));
    collect(batcher.open(), left);
    layout.update(List.of(LAYOUT));
    records.update(left);
    if (limitLearned) {
      learned.put(MAX_SIZE, batcher.sizeLimit());
    } else {
      learned.remove(MAX_SIZE);
    }
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
