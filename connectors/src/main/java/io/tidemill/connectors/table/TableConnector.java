package io.tidemill.connectors.table;

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
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Makes the ends of a job that are some SQL connector of Flink, found by its factory's name. Making
 * one has its factory check the options. Immutable and thread-safe.
 */
public final class TableConnector implements Connector {
  private static final String AVRO = "avro";
  private static final int MILLIS = 3;

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
        columns,
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
    for (RowType.RowField field : columns.getFields()) {
      if (hasFineTimestamp(field.getType())) {
        check.refuse(
            FactoryUtil.FORMAT,
            "'avro' reads and writes field '%s' %s as milliseconds (expected: TIMESTAMP(3); or"
                + " BIGINT, the field without its logicalType)",
            field.getName(),
            field.getType());
      }
    }
  }

  private static boolean hasFineTimestamp(LogicalType type) {
    return (type.is(LogicalTypeFamily.TIMESTAMP) && LogicalTypeChecks.getPrecision(type) > MILLIS)
        || type.getChildren().stream().anyMatch(TableConnector::hasFineTimestamp);
  }
}
