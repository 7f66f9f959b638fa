package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.Suggestion;
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
import org.apache.flink.formats.raw.RawFormatFactory;
import org.apache.flink.formats.raw.RawFormatOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.Format;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.FactoryUtil.TableFactoryHelper;
import org.apache.flink.table.factories.FormatFactory;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * The format of a topic's values: one of Flink's, found by its factory's name. Immutable.
 *
 * @param option {@code format} or {@code value.format}
 * @param factory Flink's factory of that name
 * @param prefix of the format's own options, as in {@code avro.} or {@code value.avro.}
 */
record ValueFormat(
    ConfigOption<String> option, FormatFactory factory, String prefix, OptionCheck check) {
  /** Finds the format that the options name, or refuses them. */
  static <F extends FormatFactory> Optional<ValueFormat> find(Class<F> kind, OptionCheck check) {
    ConnectorOptions options = check.options();
    boolean named = options.values().containsKey(FactoryUtil.FORMAT.key());
    boolean namedForValue = options.values().containsKey(KafkaConnectorOptions.VALUE_FORMAT.key());
    ConfigOption<String> option =
        namedForValue ? KafkaConnectorOptions.VALUE_FORMAT : FactoryUtil.FORMAT;
    if (named == namedForValue) {
      check.refuse(
          FactoryUtil.FORMAT,
          "%s (expected: one of %s)",
          named ? "both format and value.format are set" : "missing",
          named ? "them" : String.join(", ", available(kind)));
      return Optional.empty();
    }
    String name = options.values().getOrDefault(option.key(), "");
    try {
      F factory =
          FactoryUtil.discoverFactory(Thread.currentThread().getContextClassLoader(), kind, name);
      String prefix = namedForValue ? "value." + name + "." : name + ".";
      return Optional.of(new ValueFormat(option, factory, prefix, check));
    } catch (ValidationException e) {
      Set<String> available = available(kind);
      check.refuse(
          option,
          "'%s' (%sexpected: one of %s, or the jar of this format on the classpath)",
          name,
          new Suggestion(name, available).meant(),
          String.join(", ", available));
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

  /** Makes the decoder of values with this schema, or refuses what it cannot decode. */
  Optional<DeserializationSchema<RowData>> decoder(RecordSchema schema) {
    String skipping = prefix + "ignore-parse-errors";
    if (check.options().value(skipping).filter("true"::equalsIgnoreCase).isPresent()) {
      check.refuse(
          skipping,
          "true (expected: false; bytes that do not decode become dead letters, and none is"
              + " dropped)");
    }
    return create(
        schema.rowType(),
        (tables, type) -> {
          var format = tables.discoverDecodingFormat(DeserializationFormatFactory.class, option);
          if (!insertOnly(format)) {
            return Optional.empty();
          }
          if (plainAvro()) {
            return Optional.of(schema.avro().decoder());
          }
          DeserializationSchema<RowData> decoder =
              format.createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, type);
          return Optional.of(
              isRawText(schema.rowType()) ? new TextDecoder(decoder, charset()) : decoder);
        });
  }

  /** Makes the encoder of values with this schema, or refuses what it cannot encode. */
  Optional<SerializationSchema<RowData>> encoder(RecordSchema schema) {
    return create(
        schema.rowType(),
        (tables, type) -> {
          var format = tables.discoverEncodingFormat(SerializationFormatFactory.class, option);
          if (!insertOnly(format)) {
            return Optional.empty();
          }
          return Optional.of(
              plainAvro()
                  ? schema.avro().encoder()
                  : format.createRuntimeEncoder(new SinkRuntimeProviderContext(false), type));
        });
  }

  private interface Creation<T> {
    Optional<T> create(TableFactoryHelper tables, DataType type);
  }

  private <T> Optional<T> create(RowType rowType, Creation<T> creation) {
    try {
      TableFactoryHelper tables =
          FactoryUtil.createTableFactoryHelper(
              new KafkaDynamicTableFactory(), check.options().asTable(rowType));
      return creation.create(tables, TypeConversions.fromLogicalToDataType(rowType.copy(false)));
    } catch (ValidationException
        | IllegalArgumentException
        | UnsupportedOperationException
        | TableException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      check.refuse(option, "%s", String.valueOf(cause.getMessage()).replaceAll("\\s+", " "));
      return Optional.empty();
    }
  }

  private boolean insertOnly(Format format) {
    boolean insertOnly = format.getChangelogMode().equals(ChangelogMode.insertOnly());
    if (!insertOnly) {
      check.refuse(
          option,
          "'%s' carries changes of a table (expected: a format of plain records)",
          factory.factoryIdentifier());
    }
    return insertOnly;
  }

  private boolean plainAvro() {
    return factory.factoryIdentifier().equals("avro")
        && check
            .options()
            .value(prefix + AvroFormatOptions.AVRO_ENCODING.key())
            .filter("json"::equalsIgnoreCase)
            .isEmpty();
  }

  private boolean isRawText(RowType rowType) {
    return factory.factoryIdentifier().equals(RawFormatFactory.IDENTIFIER)
        && rowType.getTypeAt(0).is(LogicalTypeFamily.CHARACTER_STRING);
  }

  private String charset() {
    return check
        .options()
        .value(prefix + RawFormatOptions.CHARSET.key())
        .orElse(RawFormatOptions.CHARSET.defaultValue());
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
