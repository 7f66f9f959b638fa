package io.tidemill.connectors.table;

import io.tidemill.connectors.files.ReadableFiles;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.legacy.table.connector.source.SourceFunctionProvider;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.LegacySourceTransformation;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.InputFormatProvider;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/** Adds what a table source scans to a graph, without an origin. Implementations are immutable. */
interface ScanStream {
  DataStream<RowData> attach(StreamExecutionEnvironment environment, String uid);

  /**
   * The stream of a provider.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException if its kind needs a planner
   */
  @SuppressWarnings("deprecation") // Of SourceFunctionProvider, see legacy.
  static ScanStream of(
      ScanTableSource.ScanRuntimeProvider provider, RowType rowType, OptionCheck check) {
    if (provider instanceof SourceProvider found) {
      Source<RowData, ?, ?> source = named(found.createSource());
      return (environment, uid) -> {
        SingleOutputStreamOperator<RowData> rows =
            environment
                .fromSource(
                    source, WatermarkStrategy.noWatermarks(), uid, InternalTypeInfo.of(rowType))
                .uid(uid);
        found.getParallelism().ifPresent(rows::setParallelism);
        return rows;
      };
    }
    if (provider instanceof DataStreamScanProvider stream) {
      return (environment, uid) -> stream.produceDataStream(new PrefixedUids(uid), environment);
    }
    if (provider instanceof InputFormatProvider format) {
      return (environment, uid) -> {
        DataStreamSource<RowData> rows =
            environment.createInput(format.createInputFormat(), InternalTypeInfo.of(rowType));
        bounded(rows.getTransformation());
        return rows.name(uid).uid(uid);
      };
    }
    if (provider instanceof SourceFunctionProvider function) {
      return (environment, uid) -> legacy(function, environment, uid, rowType);
    }
    check.refuse(
        ConnectorOptions.CONNECTOR,
        "'%s' reads through %s (expected: a connector with SourceProvider, DataStreamScanProvider,"
            + " InputFormatProvider or SourceFunctionProvider)",
        check.options().connector(),
        SinkStream.kindOf(provider));
    throw check.failure();
  }

  /** Files say which of them cannot be read. */
  @SuppressWarnings("unchecked") // A file source of rows is one of rows.
  private static Source<RowData, ?, ?> named(Source<RowData, ?, ?> source) {
    return source instanceof FileSource<?> files
        ? new ReadableFiles<>((FileSource<RowData>) files)
        : source;
  }

  /** Flink's own mark for its tables; the public door takes each such source for endless. */
  private static void bounded(Transformation<RowData> source) {
    ((LegacySourceTransformation<?>) source).setBoundedness(Boundedness.BOUNDED);
  }

  /** Connectors that Flink has not moved to its new sources, {@code datagen} among them. */
  @SuppressWarnings("deprecation") // Flink offers no other way to run such a connector.
  private static DataStream<RowData> legacy(
      SourceFunctionProvider function,
      StreamExecutionEnvironment environment,
      String uid,
      RowType rowType) {
    SingleOutputStreamOperator<RowData> rows =
        environment
            .addSource(function.createSourceFunction(), uid, InternalTypeInfo.of(rowType))
            .uid(uid);
    if (function.isBounded()) {
      bounded(rows.getTransformation());
    }
    function.getParallelism().ifPresent(rows::setParallelism);
    return rows;
  }
}
