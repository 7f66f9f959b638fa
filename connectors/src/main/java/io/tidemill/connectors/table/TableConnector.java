package io.tidemill.connectors.table;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FactoryContext;
import io.tidemill.connectors.options.OptionProblems;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes the ends of a job that are some SQL connector of Flink, found by its factory's name. Making
 * one has its factory check the options. Stateless.
 */
public final class TableConnector {
  private TableConnector() {}

  /**
   * Makes a source of a table.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException if there is no such connector,
   *     or it refuses the options, or it reads no plain records
   */
  public static RecordSource source(SourceSpec spec) {
    ConnectorOptions options = spec.options();
    OptionProblems problems = new OptionProblems(options.place());
    RowType rowType = spec.schema().rowType();
    DynamicTableFactory.Context context = FactoryContext.of(options, rowType);
    DynamicTableSource source =
        TableFactories.create(
            DynamicTableSourceFactory.class,
            options,
            problems,
            factory -> factory.createDynamicTableSource(context));
    if (!(source instanceof ScanTableSource scan)
        || !scan.getChangelogMode().equals(ChangelogMode.insertOnly())) {
      problems.add(
          ConnectorOptions.CONNECTOR,
          "'" + options.connector() + "' (expected: a connector that scans plain records)");
      problems.throwIfAny();
      throw new IllegalStateException("a problem that was added was not thrown");
    }
    ScanTableSource.ScanRuntimeProvider provider =
        scan.getScanRuntimeProvider(ScanRuntimeProviderContext.INSTANCE);
    ScanStream stream = ScanStream.of(options.connector(), provider, rowType, problems);
    return new TableRecordSource(options.connector(), stream, rowType, provider.isBounded());
  }

  /**
   * Makes a sink to a table.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException if there is no such connector,
   *     or it refuses the options
   */
  public static RecordSink sink(SinkSpec spec) {
    RowType written = spec.schema().rowType();
    return new TableRecordSink(
        spec.options(),
        tableSink(spec.options(), written),
        new ProjectFields(spec.rows(), spec.positions()),
        written);
  }

  /**
   * Makes a dead-letter sink to a table.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException if there is no such connector,
   *     or it refuses the options
   */
  public static RecordSink deadLetters(DeadLetterSpec spec) {
    return new TableRecordSink(
        spec.options(),
        tableSink(spec.options(), DeadLetterRecord.TYPE),
        new DeadLetterColumns(spec.headers()),
        DeadLetterRecord.TYPE);
  }

  private static DynamicTableSink tableSink(ConnectorOptions options, RowType rowType) {
    OptionProblems problems = new OptionProblems(options.place());
    DynamicTableFactory.Context context = FactoryContext.of(options, rowType);
    DynamicTableSink sink =
        TableFactories.create(
            DynamicTableSinkFactory.class,
            options,
            problems,
            factory -> factory.createDynamicTableSink(context));
    sink.getChangelogMode(ChangelogMode.insertOnly());
    return sink;
  }
}
