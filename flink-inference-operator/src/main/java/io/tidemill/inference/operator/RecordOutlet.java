package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import java.util.List;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Makes each result an element of the stream. One stream record carries all of a batch in turn, as
 * Flink allows. Task thread only.
 */
final class RecordOutlet<R> implements Outlet<R> {
  private final Output<StreamRecord<R>> output;
  private StreamRecord<R> carrier = new StreamRecord<>(null);

  RecordOutlet(Output<StreamRecord<R>> output) {
    this.output = output;
  }

  @Override
  public void begin() {
    // A new one: every store into one that has grown old would cost a memory fence with G1.
    carrier = new StreamRecord<>(null);
  }

  @Override
  public void result(R result, long timestamp) {
    if (timestamp == Batch.NO_TIMESTAMP) {
      carrier.eraseTimestamp();
      output.collect(carrier.replace(result));
    } else {
      output.collect(carrier.replace(result, timestamp));
    }
  }

  @Override
  public void end() {}

  @Override
  public void together(List<R> results, long timestamp) {
    begin();
    results.forEach(result -> result(result, timestamp));
  }
}
