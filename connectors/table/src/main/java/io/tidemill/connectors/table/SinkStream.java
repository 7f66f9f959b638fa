package io.tidemill.connectors.table;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.api.java.typeutils.InputTypeConfigurable;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.sink.legacy.SinkFunction;
import org.apache.flink.streaming.api.transformations.PhysicalTransformation;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.legacy.SinkFunctionProvider;
import org.apache.flink.table.data.RowData;

/** Adds the runtime of a table sink to a graph. Implementations are immutable. */
interface SinkStream {
  void attach(DataStream<RowData> rows, String uid);

  /**
   * The sink of a provider.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException if its kind needs a planner
   */
  @SuppressWarnings("deprecation") // Some of Flink's connectors have a SinkFunctionProvider only.
  static SinkStream of(DynamicTableSink.SinkRuntimeProvider provider, OptionCheck check) {
    if (provider instanceof SinkV2Provider sink) {
      return (rows, uid) -> named(rows.sinkTo(sink.createSink()), sink.getParallelism(), uid);
    }
    if (provider instanceof SinkFunctionProvider function) {
      return (rows, uid) -> legacy(function, rows, uid);
    }
    if (provider instanceof DataStreamSinkProvider stream) {
      return (rows, uid) -> {
        DataStreamSink<?> attached =
            stream.consumeDataStream(
                new PrefixedUids(uid), new RowsToFiles(rows, check.options().folder().orElse(uid)));
        if (attached.getTransformation().getUid() == null) {
          attached.uid(uid);
        }
        nameAll(attached.getTransformation(), rows.getTransformation(), uid);
      };
    }
    check.refuse(
        ConnectorOptions.CONNECTOR,
        "'%s' writes through %s (expected: a connector with SinkV2Provider, DataStreamSinkProvider"
            + " or SinkFunctionProvider)",
        check.options().connector(),
        kindOf(provider));
    throw check.failure();
  }

  /** Names what a connector made and left without a name, from its end to its beginning. */
  private static void nameAll(Transformation<?> end, Transformation<?> beginning, String uid) {
    for (Transformation<?> before : end.getInputs()) {
      if (before.getId() != beginning.getId()) {
        if (before.getUid() == null && before instanceof PhysicalTransformation) {
          before.setUid(uid + "-" + before.getName());
        }
        nameAll(before, beginning, uid);
      }
    }
  }

  @SuppressWarnings("deprecation") // Flink offers no other way to run such a connector.
  private static void legacy(SinkFunctionProvider provider, DataStream<RowData> rows, String uid) {
    SinkFunction<RowData> function = provider.createSinkFunction();
    if (function instanceof InputTypeConfigurable typed) {
      typed.setInputType(rows.getType(), rows.getExecutionConfig());
    }
    SingleOutputStreamOperator<Object> sink =
        rows.transform(uid, Types.GENERIC(Object.class), new SinkOperator(function)).uid(uid);
    provider.getParallelism().ifPresent(sink::setParallelism);
  }

  private static void named(DataStreamSink<?> sink, Optional<Integer> parallelism, String uid) {
    sink.name(uid).uid(uid);
    parallelism.ifPresent(sink::setParallelism);
  }

  /** The name of the interface that a provider implements, which is often a lambda. */
  static String kindOf(Object provider) {
    Class<?>[] interfaces = provider.getClass().getInterfaces();
    return (interfaces.length == 0 ? provider.getClass() : interfaces[0]).getSimpleName();
  }
}
