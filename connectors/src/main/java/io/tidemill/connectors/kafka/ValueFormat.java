package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FactoryContext;
import io.tidemill.connectors.options.OptionProblems;
import io.tidemill.connectors.options.Suggestion;
import io.tidemill.connectors.record.RecordSchema;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.formats.avro.AvroFormatOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.Format;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.FactoryUtil.TableFactoryHelper;
import org.apache.flink.table.factories.FormatFactory;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * The format of a topic's values: one of Flink's, found by its factory's name. Immutable.
 *
 * @param option {@code format} or {@code value.format}
 * @param factory Flink's factory of that name
 * @param prefix of the format's own options, as in {@code avro.} or {@code value.avro.}
 */
record ValueFormat(ConfigOption<String> option, FormatFactory factory, String prefix) {
  private static final String AVRO = "avro";

  /** Finds the format that the options name, or reports why there is none. */
  static <F extends FormatFactory> Optional<ValueFormat> find(
      ConnectorOptions options, Class<F> kind, OptionProblems problems) {
    boolean named = options.values().containsKey(FactoryUtil.FORMAT.key());
    boolean namedForValue = options.values().containsKey(KafkaConnectorOptions.VALUE_FORMAT.key());
    ConfigOption<String> option =
        namedForValue ? KafkaConnectorOptions.VALUE_FORMAT : FactoryUtil.FORMAT;
    if (named == namedForValue) {
      problems.add(
          FactoryUtil.FORMAT.key(),
          named
              ? "both format and value.format are set (expected: one of them)"
              : "missing (expected: one of " + String.join(", ", available(kind)) + ")");
      return Optional.empty();
    }
    String name = options.values().getOrDefault(option.key(), "");
    try {
      F factory =
          FactoryUtil.discoverFactory(Thread.currentThread().getContextClassLoader(), kind, name);
      String prefix = namedForValue ? "value." + name + "." : name + ".";
      return Optional.of(new ValueFormat(option, factory, prefix));
    } catch (ValidationException e) {
      Set<String> available = available(kind);
      String suggestion =
          Suggestion.nearest(name, available)
              .map(nearest -> "did you mean '" + nearest + "'? ")
              .orElse("");
      problems.add(
          option.key(),
          "'"
              + name
              + "' ("
              + suggestion
              + "expected: one of "
              + String.join(", ", available)
              + ", or the jar of this format on the classpath)");
      return Optional.empty();
    }
  }

  /** The keys that belong to this format. */
  List<String> keys() {
    return Stream.concat(factory.requiredOptions().stream(), factory.optionalOptions().stream())
        .map(formatOption -> prefix + formatOption.key())
        .toList();
  }

  /** The keys that a format which was not found may own: its name alone is reported then. */
  static List<String> keysOfUnknown(ConnectorOptions options) {
    return options.values().keySet().stream()
        .filter(
            key ->
                Stream.of(FactoryUtil.FORMAT, KafkaConnectorOptions.VALUE_FORMAT)
                    .map(formatOption -> options.values().get(formatOption.key()))
                    .anyMatch(
                        name ->
                            name != null
                                && (key.startsWith(name + ".")
                                    || key.startsWith("value." + name + "."))))
        .toList();
  }

  /** Makes the decoder of values with this schema, or reports why there is none. */
  Optional<DeserializationSchema<RowData>> decoder(
      ConnectorOptions options, RecordSchema schema, OptionProblems problems) {
    return create(
        options,
        schema.rowType(),
        problems,
        (tables, type) -> {
          var format = tables.discoverDecodingFormat(DeserializationFormatFactory.class, option);
          if (!insertOnly(format, problems)) {
            return Optional.empty();
          }
          if (plainAvro(options)) {
            return Optional.of(new AvroRecordDecoder(schema, legacyTimestamps(options)));
          }
          return Optional.of(
              format.createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, type));
        });
  }

  /** Makes the encoder of values with this schema, or reports why there is none. */
  Optional<SerializationSchema<RowData>> encoder(
      ConnectorOptions options, RecordSchema schema, OptionProblems problems) {
    return create(
        options,
        schema.rowType(),
        problems,
        (tables, type) -> {
          var format = tables.discoverEncodingFormat(SerializationFormatFactory.class, option);
          if (!insertOnly(format, problems)) {
            return Optional.empty();
          }
          return Optional.of(
              format.createRuntimeEncoder(new SinkRuntimeProviderContext(false), type));
        });
  }

  private interface Creation<T> {
    Optional<T> create(TableFactoryHelper tables, DataType type);
  }

  private <T> Optional<T> create(
      ConnectorOptions options, RowType rowType, OptionProblems problems, Creation<T> creation) {
    DynamicTableFactory.Context context = FactoryContext.of(options, rowType);
    try {
      TableFactoryHelper tables =
          FactoryUtil.createTableFactoryHelper(new KafkaDynamicTableFactory(), context);
      return creation.create(tables, TypeConversions.fromLogicalToDataType(rowType.copy(false)));
    } catch (ValidationException
        | IllegalArgumentException
        | UnsupportedOperationException
        | TableException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      problems.add(option.key(), String.valueOf(cause.getMessage()).replaceAll("\\s+", " "));
      return Optional.empty();
    }
  }

  private boolean insertOnly(Format format, OptionProblems problems) {
    boolean insertOnly = format.getChangelogMode().equals(ChangelogMode.insertOnly());
    if (!insertOnly) {
      problems.add(
          option.key(),
          "'"
              + factory.factoryIdentifier()
              + "' carries changes of a table (expected: a format of plain records)");
    }
    return insertOnly;
  }

  private boolean plainAvro(ConnectorOptions options) {
    return factory.factoryIdentifier().equals(AVRO)
        && !options
            .values()
            .getOrDefault(prefix + AvroFormatOptions.AVRO_ENCODING.key(), "binary")
            .equalsIgnoreCase("json");
  }

  private boolean legacyTimestamps(ConnectorOptions options) {
    return !options
        .values()
        .getOrDefault(prefix + AvroFormatOptions.AVRO_TIMESTAMP_LEGACY_MAPPING.key(), "true")
        .equalsIgnoreCase("false");
  }

  private static Set<String> available(Class<? extends Factory> kind) {
    Set<String> names = new TreeSet<>();
    var providers =
        ServiceLoader.load(Factory.class, Thread.currentThread().getContextClassLoader()).stream()
            .iterator();
    while (providers.hasNext()) {
      var provider = providers.next();
      if (kind.isAssignableFrom(provider.type())) {
        names.add(provider.get().factoryIdentifier());
      }
    }
    return names;
  }
}
