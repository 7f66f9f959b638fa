package io.tidemill.connectors.table;

import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.legacy.SinkFunctionProvider;
import org.apache.flink.table.data.RowData;

/** Adds the runtime of a table sink to a graph. Stateless. */
@SuppressWarnings(
    "deprecation") // SinkFunctionProvider is all that some of Flink's connectors have.
final class SinkStream {
  /** The kinds that need no planner. */
  static final String SUPPORTED = "SinkV2Provider, DataStreamSinkProvider or SinkFunctionProvider";

  private SinkStream() {}

  static boolean supports(DynamicTableSink.SinkRuntimeProvider provider) {
    return provider instanceof SinkV2Provider
        || provider instanceof DataStreamSinkProvider
        || provider instanceof SinkFunctionProvider;
  }

  static void attach(
      DynamicTableSink.SinkRuntimeProvider provider, DataStream<RowData> rows, String uidPrefix) {
    if (provider instanceof SinkV2Provider sink) {
      DataStreamSink<RowData> attached =
          rows.sinkTo(sink.createSink()).name(uidPrefix).uid(uidPrefix);
      sink.getParallelism().ifPresent(attached::setParallelism);
    } else if (provider instanceof SinkFunctionProvider function) {
      DataStreamSink<RowData> attached =
          rows.addSink(function.createSinkFunction()).name(uidPrefix).uid(uidPrefix);
      function.getParallelism().ifPresent(attached::setParallelism);
    } else if (provider instanceof DataStreamSinkProvider stream) {
      DataStreamSink<?> attached = stream.consumeDataStream(PrefixedUids.of(uidPrefix), rows);
      Transformation<?> transformation = attached.getTransformation();
      if (transformation.getUid() == null) {
        attached.uid(uidPrefix);
      }
    } else {
      throw new IllegalArgumentException(kindOf(provider) + " (expected: " + SUPPORTED + ")");
    }
  }

  /** The name of the interface that a provider implements, which is often a lambda. */
  static String kindOf(Object provider) {
    Class<?>[] interfaces = provider.getClass().getInterfaces();
    return interfaces.length == 0
        ? provider.getClass().getSimpleName()
        : interfaces[0].getSimpleName();
  }
}
