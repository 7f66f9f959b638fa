package io.tidemill.connectors.kafka;

import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.avro.FlinkAvro;
import io.tidemill.connectors.options.ClassPath;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.JsonRows;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.WholeJson;
import io.tidemill.connectors.registry.RegistryFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.formats.avro.AvroFormatFactory;
import org.apache.flink.formats.avro.AvroFormatOptions;
import org.apache.flink.formats.json.JsonFormatFactory;
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
 * The format of a topic's values: one of Flink's, found by its factory's name, or ours of a schema
 * registry. Immutable.
 *
 * @param option {@code format} or {@code value.format}
 * @param keys of the format's own options, without their prefix
 * @param prefix of the format's own options, as in {@code avro.} or {@code value.avro.}
 * @param registry empty for a format of Flink, and where its options were refused
 */
record ValueFormat(
    ConfigOption<String> option,
    String name,
    List<String> keys,
    String prefix,
    Optional<RegistryFormat> registry,
    OptionCheck check) {
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
          named ? "them" : String.join(", ", available(kind, options)));
      return Optional.empty();
    }
    String name = options.values().getOrDefault(option.key(), "");
    String prefix = namedForValue ? "value." + name + "." : name + ".";
    if (name.equals(RegistryFormat.NAME)) {
      // Flink's own brings an Avro of its own, which does not fit beside ours.
      return Optional.of(
          new ValueFormat(
              option,
              name,
              RegistryFormat.keys(kind == SerializationFormatFactory.class),
              prefix,
              RegistryFormat.read(prefix, check),
              check));
    }
    try {
      F factory = FactoryUtil.discoverFactory(loader(), kind, name);
      List<String> keys = new ArrayList<>();
      factory.requiredOptions().forEach(required -> keys.add(required.key()));
      factory.optionalOptions().forEach(optional -> keys.add(optional.key()));
      if (name.equals(JsonFormatFactory.IDENTIFIER) && kind == SerializationFormatFactory.class) {
        keys.add(JsonRows.NON_FINITE);
      }
      return Optional.of(new ValueFormat(option, name, keys, prefix, Optional.empty(), check));
    } catch (ValidationException e) {
      check.refuse(option, "%s", ClassPath.missing(name, available(kind, options)));
      return Optional.empty();
    }
  }

  /** The keys that belong to this format, as they are written. */
  List<String> writtenKeys() {
    return keys.stream().map(key -> prefix + key).toList();
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
    check.refuseIgnoredErrors(prefix);
    if (name.equals(RegistryFormat.NAME)) {
      return avro(schema).flatMap(avro -> registry.map(found -> found.decoder(avro)));
    }
    return create(
        schema.rowType(),
        (tables, type) -> {
          var format = tables.discoverDecodingFormat(DeserializationFormatFactory.class, option);
          if (!insertOnly(format)) {
            return Optional.empty();
          }
          if (isPlainAvro()) {
            return Optional.of(schema.avro().decoder());
          }
          DeserializationSchema<RowData> decoder =
              format.createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, type);
          if (isJson()) {
            return Optional.of(new WholeJson(decoder));
          }
          return Optional.of(
              isRawText(schema.rowType()) ? new TextDecoder(decoder, charset()) : decoder);
        });
  }

  /** Makes the encoder of values with this schema, or refuses what it cannot encode. */
  Optional<SerializationSchema<RowData>> encoder(RecordSchema schema, String topic) {
    if (name.equals(RegistryFormat.NAME)) {
      return avro(schema).flatMap(avro -> registry.map(found -> found.encoder(avro, topic)));
    }
    if (isJson()) {
      JsonRows rows = JsonRows.of(schema.rowType(), prefix, check);
      return flinks(rows.rowType(), schema).map(json -> new JsonEncoder(rows, json));
    }
    return flinks(schema.rowType(), schema);
  }

  private Optional<SerializationSchema<RowData>> flinks(RowType rows, RecordSchema schema) {
    return create(
        rows,
        (tables, type) -> {
          var format = tables.discoverEncodingFormat(SerializationFormatFactory.class, option);
          if (!insertOnly(format)) {
            return Optional.empty();
          }
          return Optional.of(
              isPlainAvro()
                  ? schema.avro().encoder()
                  : format.createRuntimeEncoder(new SinkRuntimeProviderContext(false), type));
        });
  }

  /** Refuses what no columns are decoded with. */
  void checkDecoding() {
    check.refuseIgnoredErrors(prefix);
    checkChanges(
        tables -> tables.discoverDecodingFormat(DeserializationFormatFactory.class, option));
  }

  /** Refuses what no columns are encoded with. */
  void checkEncoding() {
    checkChanges(tables -> tables.discoverEncodingFormat(SerializationFormatFactory.class, option));
  }

  private void checkChanges(Function<TableFactoryHelper, Format> discovery) {
    if (registry.isEmpty() && !name.equals(RegistryFormat.NAME)) {
      create(
          RowType.of(),
          (tables, type) -> Optional.of(discovery.apply(tables)).filter(this::insertOnly));
    }
  }

  /** What stands in the way of this format outside the process. */
  List<Problem<OptionKey>> obstacles() {
    return registry.map(RegistryFormat::obstacles).orElse(List.of());
  }

  private Optional<AvroSchema> avro(RecordSchema schema) {
    try {
      return Optional.of(schema.avro());
    } catch (IllegalArgumentException e) {
      check.refuse(option, "%s", String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private interface Creation<T> {
    Optional<T> create(TableFactoryHelper tables, DataType type);
  }

  private <T> Optional<T> create(RowType rowType, Creation<T> creation) {
    if (isAvro() && !isPlainAvro()) {
      List<String> misread = new FlinkAvro(rowType).misread();
      misread.forEach(problem -> check.refuse(option, "'avro' as JSON %s", problem));
      if (!misread.isEmpty()) {
        return Optional.empty();
      }
    }
    try {
      TableFactoryHelper tables =
          FactoryUtil.createTableFactoryHelper(
              new KafkaDynamicTableFactory(), check.options().asTable(rowType));
      return creation.create(tables, TypeConversions.fromLogicalToDataType(rowType.copy(false)));
    } catch (ValidationException
        | IllegalArgumentException
        | UnsupportedOperationException
        | TableException e) {
      check.refuse(option, "%s", RootCause.of(e).message());
      return Optional.empty();
    }
  }

  private boolean insertOnly(Format format) {
    boolean insertOnly = format.getChangelogMode().equals(ChangelogMode.insertOnly());
    if (!insertOnly) {
      check.refuse(
          option, "'%s' carries changes of a table (expected: a format of plain records)", name);
    }
    return insertOnly;
  }

  private boolean isJson() {
    return name.equals(JsonFormatFactory.IDENTIFIER);
  }

  private boolean isAvro() {
    return name.equals(AvroFormatFactory.IDENTIFIER);
  }

  private boolean isPlainAvro() {
    return isAvro()
        && check
            .options()
            .value(prefix + AvroFormatOptions.AVRO_ENCODING.key())
            .filter("json"::equalsIgnoreCase)
            .isEmpty();
  }

  private boolean isRawText(RowType rowType) {
    return name.equals(RawFormatFactory.IDENTIFIER)
        && rowType.getTypeAt(0).is(LogicalTypeFamily.CHARACTER_STRING);
  }

  private String charset() {
    return check
        .options()
        .value(prefix + RawFormatOptions.CHARSET.key())
        .orElse(RawFormatOptions.CHARSET.defaultValue());
  }

  private static ClassLoader loader() {
    return Thread.currentThread().getContextClassLoader();
  }

  /** The formats that would not be refused at once. */
  private static <F extends FormatFactory> Set<String> available(
      Class<F> kind, ConnectorOptions options) {
    Set<String> names = ClassPath.formats(kind, options);
    names.add(RegistryFormat.NAME);
    return names;
  }
}
