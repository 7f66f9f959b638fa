package io.tidemill.connectors.table;

import org.apache.flink.streaming.api.functions.sink.legacy.SinkFunction;
import org.apache.flink.streaming.api.operators.StreamSink;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a sink that Flink has not moved to its new sinks.
 *
 * <p>Some write what they still hold when they are closed, also where their task has failed or is
 * cancelled: that fails again, and to Flink a clean-up that fails is the end of its TaskManager.
 * Then the failure that comes second is said in the log alone. Not thread-safe.
 */
@SuppressWarnings("deprecation") // Some of Flink's connectors have such a sink only.
final class SinkOperator extends StreamSink<RowData> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(SinkOperator.class);

  private transient boolean finished;

  SinkOperator(SinkFunction<RowData> function) {
    super(function);
  }

  @Override
  public void finish() throws Exception {
    super.finish();
    finished = true;
  }

  @Override
  public void close() throws Exception {
    try {
      super.close();
    } catch (Exception e) {
      if (finished && !getContainingTask().isCanceled()) {
        // Only in the first of its calls: the task that fails of it cleans up, too.
        finished = false;
        throw e;
      }
      LOG.warn("{}: not closed properly after its task had ended", getOperatorName(), e);
    }
  }
}
