package io.tidemill.connectors.table;

import io.tidemill.connectors.avro.FlinkAvro;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.record.Connector;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes the ends of a job that are some SQL connector of Flink, found by its factory's name. Making
 * one has its factory check the options. Immutable and thread-safe.
 */
public final class TableConnector implements Connector {
  private static final String AVRO = "avro";

  @Override
  public RecordSource source(SourceSpec spec) {
    OptionCheck check = new OptionCheck(spec.options());
    RowType columns = spec.schema().rowType();
    refuseMisreadTimestamps(check, columns);
    DynamicTableSource source =
        new FactoryCall<>(DynamicTableSourceFactory.class, check)
            .create(factory -> factory.createDynamicTableSource(spec.options().asTable(columns)));
    if (!(source instanceof ScanTableSource scan)
        || !scan.getChangelogMode().equals(ChangelogMode.insertOnly())) {
      check.refuse(
          ConnectorOptions.CONNECTOR,
          "'%s' (expected: a connector that scans plain records)",
          spec.options().connector());
      throw check.failure();
    }
    check.throwIfAny();
    ScanTableSource.ScanRuntimeProvider provider =
        scan.getScanRuntimeProvider(ScanRuntimeProviderContext.INSTANCE);
    return new TableRecordSource(
        spec.options().connector(),
        ScanStream.of(provider, columns, check),
        spec.schema(),
        provider.isBounded());
  }

  @Override
  public RecordSink sink(SinkSpec spec) {
    RowType written = spec.schema().rowType();
    return sink(
        spec.options(),
        new ProjectFields(spec.rows(), spec.positions(), written.getFieldCount()),
        written);
  }

  @Override
  public RecordSink deadLetters(DeadLetterSpec spec) {
    return sink(spec.options(), new DeadLetterColumns(spec.headers()), DeadLetterRecord.TYPE);
  }

  private static RecordSink sink(
      ConnectorOptions options, MapFunction<RowData, RowData> columns, RowType written) {
    OptionCheck check = new OptionCheck(options);
    refuseMisreadTimestamps(check, written);
    DynamicTableSink table =
        new FactoryCall<>(DynamicTableSinkFactory.class, check)
            .create(factory -> factory.createDynamicTableSink(options.asTable(written)));
    check.throwIfAny();
    table.getChangelogMode(ChangelogMode.insertOnly());
    return new TableRecordSink(options, table, columns, written);
  }

  /** Flink's own Avro takes every timestamp for milliseconds (FLINK-39036). */
  private static void refuseMisreadTimestamps(OptionCheck check, RowType columns) {
    if (check.options().value(FactoryUtil.FORMAT.key()).filter(AVRO::equals).isEmpty()) {
      return;
    }
    new FlinkAvro(columns)
        .misread()
        .forEach(problem -> check.refuse(FactoryUtil.FORMAT, "'avro' %s", problem));
  }
}
