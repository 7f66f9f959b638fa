package io.tidemill.connectors.table;

import io.tidemill.connectors.avro.AvroFileWriters;
import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.options.ClassPath;
import io.tidemill.connectors.options.ConnectorOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.file.table.factories.BulkWriterFormatFactory;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The format in which Flink's sink of files writes {@code avro} for Tidemill, as topics have it:
 * Flink's own takes every timestamp for milliseconds (FLINK-39036), and has no instants. Stateless
 * and thread-safe.
 */
public final class AvroFileFormat implements BulkWriterFormatFactory {
  private static final String NAME = ClassPath.OWN + ConnectorOptions.AVRO;

  private static final ConfigOption<String> CODEC =
      ConfigOptions.key("codec").stringType().defaultValue("snappy");

  private static final ConfigOption<Boolean> LEGACY_TIMESTAMPS =
      ConfigOptions.key("timestamp_mapping.legacy").booleanType().defaultValue(false);

  /** Options of a sink of files of Avro, as this format's. */
  static ConnectorOptions writing(ConnectorOptions options) {
    Map<String, String> named = new LinkedHashMap<>();
    String prefix = ConnectorOptions.AVRO + ".";
    options
        .values()
        .forEach(
            (key, value) ->
                named.put(
                    key.startsWith(prefix) ? ClassPath.OWN + key : key,
                    key.equals(FactoryUtil.FORMAT.key()) ? NAME : value));
    return new ConnectorOptions(options.place(), named);
  }

  /**
   * Writers of rows.
   *
   * @param options without the format's prefix
   * @throws IllegalArgumentException if Avro has no such type or no such codec
   */
  static AvroFileWriters writers(RowType rows, ReadableConfig options) {
    return new AvroFileWriters(
        options.get(LEGACY_TIMESTAMPS) ? AvroSchema.withInstants(rows) : AvroSchema.of(rows),
        options.get(CODEC));
  }

  @Override
  public EncodingFormat<BulkWriter.Factory<RowData>> createEncodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    return new EncodingFormat<>() {
      @Override
      public BulkWriter.Factory<RowData> createRuntimeEncoder(
          DynamicTableSink.Context sink, DataType rows) {
        return writers((RowType) rows.getLogicalType(), options);
      }

      @Override
      public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
      }
    };
  }

  @Override
  public String factoryIdentifier() {
    return NAME;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(CODEC, LEGACY_TIMESTAMPS);
  }

  @Override
  public Set<ConfigOption<?>> forwardOptions() {
    return optionalOptions();
  }
}
