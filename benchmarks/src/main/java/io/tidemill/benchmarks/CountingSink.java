package io.tidemill.benchmarks;

import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

/** Counts records on a {@link Meter} and forgets them. */
final class CountingSink implements Sink<RowData> {
  private final String meterName;

  CountingSink(String meterName) {
    this.meterName = meterName;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) {
    return new Writer(Meter.named(meterName).tally());
  }

  private static final class Writer implements SinkWriter<RowData> {
    private final Meter.Tally tally;

    Writer(Meter.Tally tally) {
      this.tally = tally;
    }

    @Override
    public void write(RowData record, Context context) {
      tally.add(1);
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() {}
  }
}
