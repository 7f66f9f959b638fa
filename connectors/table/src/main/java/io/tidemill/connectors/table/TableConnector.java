package io.tidemill.connectors.table;

import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.avro.FlinkAvro;
import io.tidemill.connectors.files.AvroFiles;
import io.tidemill.connectors.files.FormatFiles;
import io.tidemill.connectors.files.OrcFiles;
import io.tidemill.connectors.files.ParquetFiles;
import io.tidemill.connectors.files.ParquetFolder;
import io.tidemill.connectors.files.ReadableFiles;
import io.tidemill.connectors.files.SourceFiles;
import io.tidemill.connectors.files.TellingFiles;
import io.tidemill.connectors.files.TextFiles;
import io.tidemill.connectors.iceberg.IcebergPartition;
import io.tidemill.connectors.iceberg.IcebergTable;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.options.TablePartition;
import io.tidemill.connectors.problem.InvalidSchemaException;
import io.tidemill.connectors.record.ColumnSink;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.Connector;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.connectors.record.FoundColumns;
import io.tidemill.connectors.record.JsonRows;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DelegatingConfiguration;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.table.factories.BulkReaderFormatFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsOverwrite;
import org.apache.flink.table.connector.sink.abilities.SupportsPartitioning;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.InputFormatProvider;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsPartitionPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.ExceptionUtils;
import org.jspecify.annotations.Nullable;

/**
 * Makes the ends of a job that are some SQL connector of Flink, found by its factory's name. Making
 * one has its factory check the options. Immutable and thread-safe.
 */
public final class TableConnector implements Connector {
  private static final String ONE_FOLDER = "one folder, to write to";
  private static final String ONE_PATTERN =
      "that, or source.path.regex-pattern, to say which files are read";

  /** A user with a password, but no host with a port. */
  private static final Pattern CREDENTIALS = Pattern.compile("[^:/]+://[^/@:]*:(?!\\d+/)[^@]*@.*");

  @Override
  public Optional<FoundColumns> found(
      ConnectorOptions options, List<String> partitionedBy, FileReading files) {
    if (!options.filesTellColumns()) {
      return Optional.empty();
    }
    check(options.ofOneFolder(), null);
    OptionCheck check = new OptionCheck(options);
    String place = options.folder().orElse("");
    try {
      Optional<TellingFiles.Told> told = new TellingFiles(options, files).told();
      if (told.isPresent()) {
        RowType columns = new PartitionFolders(partitionedBy, told.get().columns(), check).added();
        return Optional.of(found(told.get().file(), columns));
      }
      check.refuse(
          ConnectorOptions.PATH,
          "'%s' has no file yet (expected: one, whose columns are those of a job that declares"
              + " none, as there may be for another date; or 'columns', which need no file)",
          place);
    } catch (TellingFiles.CorruptException corrupt) {
      check.refuse(
          ConnectorOptions.PATH,
          "'%s': %s (expected: a whole file of the format '%s'; or 'columns', which need no file)",
          place,
          String.valueOf(corrupt.getMessage()),
          options.format().orElse(""));
    } catch (FileFailureException failed) {
      if (ExceptionUtils.findThrowable(failed, UnsupportedFileSystemSchemeException.class)
          .isPresent()) {
        check.refuse(
            ConnectorOptions.PATH,
            "'%s': %s (expected: a file system that is here, such as that of a plugin of Flink's;"
                + " or 'columns', which need no file)",
            place,
            String.valueOf(failed.getMessage()));
        throw check.failure();
      }
      throw new UncheckedIOException(
          new FileFailureException(
              "%s: %s '%s': %s (expected: a file system that answers, and files that this user may read; the same may do later; or 'columns', which need no file)"
                  .formatted(options.place(), ConnectorOptions.PATH, place, failed.getMessage()),
              failed));
    }
    throw check.failure();
  }

  private static FoundColumns found(String file, RowType columns) {
    try {
      return new FoundColumns(file, RecordSchema.of(columns));
    } catch (IllegalArgumentException refused) {
      throw new InvalidSchemaException(List.of(file + ": " + refused.getMessage()));
    }
  }

  @Override
  public RecordSource source(SourceSpec spec) {
    OptionCheck check = new OptionCheck(spec.options());
    RowType columns = spec.schema().rowType();
    PartitionRows partition = partition(check, columns, true);
    ScanTableSource.ScanRuntimeProvider provider = scan(check, columns, spec.keys(), partition);
    ScanStream scanned = ScanStream.of(provider, columns, check);
    ScanStream stream = partition.isAll() ? scanned : partition.of(scanned);
    if (!spec.options().names(ConnectorOptions.FILESYSTEM)) {
      spec.files().refuse(check);
    }
    spec.files().refuseWithout(spec.deadLetters(), check);
    check.throwIfAny();
    Optional<RecordSource> texts =
        spec.options().names(ConnectorOptions.FILESYSTEM)
            ? TextFiles.of(spec, rows -> decoding(rows, check), check)
            : Optional.empty();
    if (texts.isPresent()) {
      return texts.get();
    }
    return spec.files().isUsual() && !spec.options().filesTellColumns()
        ? rows(spec, provider, stream)
        : FormatFiles.of(
            spec, inFiles -> fileFormat(inFiles, spec.files(), check), columns(spec), check);
  }

  /** The format of whole files. */
  private static BulkFormat<RowData, FileSourceSplit> fileFormat(
      RowType rows, FileReading reading, OptionCheck check) {
    if (isAvro(check.options())) {
      try {
        AvroSchema.checkColumns(rows);
      } catch (IllegalArgumentException e) {
        check.refuse(FactoryUtil.FORMAT, "'avro': %s", String.valueOf(e.getMessage()));
      }
      return new AvroFiles(rows, check.read(AvroFiles.MAY_LACK_COLUMNS, "true or false"));
    }
    if (isParquet(check.options())) {
      return ParquetFiles.rows(rows, reading, check);
    }
    BulkFormat<RowData, FileSourceSplit> format =
        new FactoryCall<>(DynamicTableSourceFactory.class, check)
            .create(
                factory ->
                    FactoryUtil.createTableFactoryHelper(factory, check.options().asTable(rows))
                        .discoverDecodingFormat(BulkReaderFormatFactory.class, FactoryUtil.FORMAT)
                        .createRuntimeDecoder(
                            ScanRuntimeProviderContext.INSTANCE,
                            TypeConversions.fromLogicalToDataType(rows)));
    return isFilesOf(ConnectorOptions.ORC, check.options())
        ? OrcFiles.of(format, rows, check)
        : format;
  }

  /** The format of a record's bytes, which need not be that of a whole file. */
  private static DeserializationSchema<RowData> decoding(RowType rows, OptionCheck check) {
    return new FactoryCall<>(DynamicTableSourceFactory.class, check)
        .create(
            factory ->
                FactoryUtil.createTableFactoryHelper(factory, check.options().asTable(rows))
                    .discoverDecodingFormat(DeserializationFormatFactory.class, FactoryUtil.FORMAT)
                    .createRuntimeDecoder(
                        ScanRuntimeProviderContext.INSTANCE,
                        TypeConversions.fromLogicalToDataType(rows)));
  }

  private static RecordSource rows(
      SourceSpec spec, ScanTableSource.ScanRuntimeProvider provider, ScanStream stream) {
    return new TableRecordSource(
        spec.options(),
        stream,
        spec.schema(),
        provider.isBounded(),
        // Flink reads such a format from its beginning whenever it reads it again.
        !(provider instanceof InputFormatProvider),
        columns(spec));
  }

  /** Asked only once Flink's factory is there, and Parquet's classes with it. */
  private static Optional<ColumnSource> columns(SourceSpec spec) {
    return isParquet(spec.options())
        ? ParquetFiles.of(spec.options(), spec.schema().rowType(), spec.keys(), spec.files())
        : Optional.empty();
  }

  private static boolean isParquet(ConnectorOptions options) {
    return isFilesOf(ConnectorOptions.PARQUET, options);
  }

  private static boolean isAvro(ConnectorOptions options) {
    return isFilesOf(ConnectorOptions.AVRO, options);
  }

  /** Before the options of a format that is Flink's JSON; empty for another. */
  private static Optional<String> jsonPrefix(ConnectorOptions options) {
    String key = FactoryUtil.FORMAT.key();
    return Stream.of(key, "value." + key)
        .filter(
            named -> options.value(named).filter(JsonFormatFactory.IDENTIFIER::equals).isPresent())
        .map(named -> named.replace(key, JsonFormatFactory.IDENTIFIER + "."))
        .findFirst();
  }

  private static boolean isFilesOf(String format, ConnectorOptions options) {
    return options.names(ConnectorOptions.FILESYSTEM)
        && options.format().filter(format::equals).isPresent();
  }

  @Override
  public RecordSink sink(SinkSpec spec) {
    RowType written = spec.schema().rowType();
    ConnectorOptions options = written(spec.options(), written);
    OptionCheck check = new OptionCheck(options);
    ProjectFields fields =
        new ProjectFields(spec.rows(), spec.positions(), written.getFieldCount());
    Optional<String> json = jsonPrefix(options);
    if (json.isPresent()) {
      JsonRows rows = JsonRows.of(written, json.get(), check);
      return sink(
          check,
          new JsonFields(fields, rows, Origin.indexIn(spec.rows())),
          rows.rowType(),
          spec.keys(),
          Optional::empty);
    }
    return sink(
        check,
        isParquet(options) ? new RequiredFields(fields, written) : fields,
        written,
        spec.keys(),
        () ->
            isParquet(options)
                ? ParquetFolder.of(options, spec.positions(), written, spec.keys())
                : Optional.empty());
  }

  private static ConnectorOptions written(ConnectorOptions options, RowType columns) {
    return isParquet(options) ? ParquetFolder.writing(options, columns) : options;
  }

  @Override
  public RecordSink deadLetters(DeadLetterSpec spec) {
    return sink(
        new OptionCheck(written(spec.options(), DeadLetterRecord.TYPE)),
        new DeadLetterColumns(spec.headers()),
        DeadLetterRecord.TYPE,
        TableKeys.NONE,
        Optional::empty);
  }

  @Override
  public void check(ConnectorOptions options, @Nullable ConnectorOptions source) {
    OptionCheck check = new OptionCheck(options);
    boolean files = options.names(ConnectorOptions.FILESYSTEM);
    refuseCredentials(check);
    refuseManyFolders(check, source == null ? ONE_PATTERN : ONE_FOLDER);
    if (source == null) {
      SourceFiles.refuseWrongPattern(check);
      var call = new FactoryCall<>(DynamicTableSourceFactory.class, check);
      call.checkNames();
      if (files) {
        call.create(factory -> factory.createDynamicTableSource(options.asTable(RowType.of())));
      }
    } else {
      var call = new FactoryCall<>(DynamicTableSinkFactory.class, check);
      call.checkNames();
      if (files) {
        call.create(factory -> factory.createDynamicTableSink(options.asTable(RowType.of())));
      }
    }
    check.throwIfAny();
  }

  @Override
  public KeptDeadLetters kept(DeadLetterSpec spec) {
    OptionCheck check = new OptionCheck(spec.options());
    if (scan(
                check,
                DeadLetterRecord.TYPE,
                TableKeys.NONE,
                partition(check, DeadLetterRecord.TYPE, true))
            instanceof SourceProvider provider
        && provider.createSource() instanceof FileSource<?> files) {
      @SuppressWarnings("unchecked") // A file source of rows is one of rows.
      FileSource<RowData> rows = (FileSource<RowData>) files;
      return new KeptFiles(spec.options(), new ReadableFiles<>(letters(spec, check).orElse(rows)));
    }
    check.refuse(
        ConnectorOptions.CONNECTOR,
        "'%s' (expected: kafka or filesystem; dead letters elsewhere are read with the tools of"
            + " that place)",
        spec.options().connector());
    throw check.failure();
  }

  /** In formats that are read here, and of which what is no letter is told apart. */
  private static Optional<FileSource<RowData>> letters(DeadLetterSpec spec, OptionCheck check) {
    Optional<BulkFormat<RowData, FileSourceSplit>> format =
        isAvro(spec.options()) || isParquet(spec.options())
            ? Optional.of(fileFormat(DeadLetterRecord.TYPE, FileReading.USUAL, check))
            : TextFiles.format(
                spec.options(), DeadLetterRecord.TYPE, rows -> decoding(rows, check));
    return format.map(
        known ->
            FileSource.forBulkFileFormat(known, new Path(spec.options().folder().orElseThrow()))
                .build());
  }

  private static PartitionRows partition(OptionCheck check, RowType columns, boolean isRead) {
    ConnectorOptions options = check.options();
    return PartitionRows.of(
        own(options, isRead).contains(TablePartition.OPTION) ? options.values() : Map.of(),
        columns,
        options.names(ConnectorOptions.JDBC),
        check);
  }

  private static ScanTableSource.ScanRuntimeProvider scan(
      OptionCheck check, RowType columns, TableKeys declared, PartitionRows partition) {
    refuseBase(check);
    if (!isAvro(check.options())) {
      refuseMisreadTimestamps(check, columns);
    }
    refuseCredentials(check);
    refuseManyFolders(check, ONE_PATTERN);
    SourceFiles.refuseWrongPattern(check);
    TableKeys keys = declared.of(columns, check);
    ConnectorOptions options = flinkOptions(check.options(), true);
    var folders = new PartitionFolders(keys.partitionedBy(), columns, check);
    folders.refuseUnreadable();
    DynamicTableSource source =
        new FactoryCall<>(DynamicTableSourceFactory.class, check)
            .create(
                factory -> {
                  DynamicTableFactory.Context context =
                      options.asTable(ofFlink(options, columns, keys), keys);
                  if (options.names(ConnectorOptions.ICEBERG)) {
                    refuseMissing(new IcebergTable(context));
                  }
                  return factory.createDynamicTableSource(context);
                });
    if (!(source instanceof SupportsPartitionPushDown)) {
      keys.refusePartitions(check);
    }
    if (source instanceof ScanTableSource changes
        && !changes.getChangelogMode().equals(ChangelogMode.insertOnly())
        && options.format().isPresent()) {
      check.refuse(
          FactoryUtil.FORMAT,
          "'%s' carries changes of a table (expected: a format of plain records)",
          options.format().get());
      throw check.failure();
    }
    if (!(source instanceof ScanTableSource scan)
        || !scan.getChangelogMode().equals(ChangelogMode.insertOnly())) {
      check.refuse(
          ConnectorOptions.CONNECTOR,
          "'%s' (expected: a connector that scans plain records)",
          options.connector());
      throw check.failure();
    }
    check.throwIfAny();
    if (source instanceof SupportsPartitionPushDown inFolders) {
      folders.nameNulls(inFolders);
    }
    if (scan instanceof SupportsFilterPushDown filtering && !partition.isAll()) {
      filtering.applyFilters(partition.filters());
    }
    return scan.getScanRuntimeProvider(ScanRuntimeProviderContext.INSTANCE);
  }

  /** Without those of files that Flink's own reader would not have, and is not asked for. */
  private static RowType ofFlink(ConnectorOptions options, RowType columns, TableKeys keys) {
    return isAvro(options)
        ? new RowType(
            columns.getFields().stream()
                .filter(field -> keys.partitionedBy().contains(field.getName()))
                .toList())
        : columns;
  }

  /** Iceberg's factory would make it, without a row. */
  private static void refuseMissing(IcebergTable table) {
    if (table.isMissing()) {
      throw new ValidationException(
          "%s is not there (expected: the one to read, by catalog-database and catalog-table)"
              .formatted(table.description()));
    }
  }

  /** Without what only Tidemill reads. */
  private static ConnectorOptions flinkOptions(ConnectorOptions options, boolean isRead) {
    return options.without(own(options, isRead).toArray(String[]::new));
  }

  /** The keys that only Tidemill reads: a database is read by partitions, and not written. */
  private static List<String> own(ConnectorOptions options, boolean isRead) {
    Optional<String> json = jsonPrefix(options);
    if (!isRead && json.isPresent()) {
      return List.of(json.get() + JsonRows.NON_FINITE);
    }
    if (options.names(ConnectorOptions.ICEBERG)) {
      return List.of(TablePartition.OPTION, ConnectorOptions.ACCOUNT);
    }
    return isRead && options.names(ConnectorOptions.JDBC)
        ? List.of(TablePartition.OPTION)
        : List.of();
  }

  private static void refuseBase(OptionCheck check) {
    ConnectorOptions options = check.options();
    if (options.names(ConnectorOptions.ICEBERG)
        && options.values().containsKey(IcebergTable.BASE)) {
      check.refuse(
          IcebergTable.BASE,
          "'%s' (expected: none, since Iceberg's connector makes a table below it and looks for it"
              + " elsewhere)",
          options.values().get(IcebergTable.BASE));
      check.throwIfAny();
    }
  }

  private static RecordSink sink(
      OptionCheck check,
      MapFunction<RowData, RowData> columns,
      RowType written,
      TableKeys declared,
      Supplier<Optional<ColumnSink>> byColumns) {
    ConnectorOptions options = check.options();
    boolean avro = isAvro(options);
    if (!avro) {
      refuseMisreadTimestamps(check, written);
    }
    refuseCredentials(check);
    refuseManyFolders(check, ONE_FOLDER);
    PartitionRows partition = partition(check, written, false);
    TableKeys keys = partition.within(declared).of(written, check);
    new PartitionFolders(keys.partitionedBy(), written, check).refuseUnwritable();
    if (avro) {
      refuseUnwritable(check, inFiles(written, keys));
    }
    ConnectorOptions ofFlink = flinkOptions(options, false);
    DynamicTableFactory.Context context =
        (avro ? AvroFileFormat.writing(ofFlink) : ofFlink).asTable(written, keys);
    boolean lake = options.names(ConnectorOptions.ICEBERG);
    refuseBase(check);
    DynamicTableSink table =
        new FactoryCall<>(DynamicTableSinkFactory.class, check)
            .create(
                factory ->
                    lake
                        ? new IcebergTable(context).sink()
                        : factory.createDynamicTableSink(context));
    if (!partition.isAll() && check.problemCount() == 0) {
      new IcebergPartition(options.values())
          .problem()
          .ifPresent(problem -> check.refuse(TablePartition.OPTION, "%s", problem));
    }
    if (!(table instanceof SupportsPartitioning)) {
      keys.refusePartitions(check);
    }
    if (!keys.primaryKey().isEmpty()
        && !table.getChangelogMode(ChangelogMode.upsert()).contains(RowKind.UPDATE_AFTER)) {
      keys.refusePrimaryKey(check);
    }
    if (!(table instanceof SupportsOverwrite)) {
      keys.refuseOverwrite(check);
    }
    check.throwIfAny();
    return new TableRecordSink(
        options,
        lake ? new LakeTable(new IcebergTable(context)) : table::copy,
        columns,
        written,
        keys,
        byColumns.get());
  }

  private static RowType inFiles(RowType written, TableKeys keys) {
    return new RowType(
        false,
        written.getFields().stream()
            .filter(field -> !keys.partitionedBy().contains(field.getName()))
            .toList());
  }

  private static void refuseUnwritable(OptionCheck check, RowType rows) {
    try {
      AvroFileFormat.writers(
          rows,
          new DelegatingConfiguration(
              Configuration.fromMap(check.options().values()), ConnectorOptions.AVRO + "."));
    } catch (IllegalArgumentException e) {
      check.refuse(FactoryUtil.FORMAT, "'avro': %s", String.valueOf(e.getMessage()));
    }
  }

  /** A path is printed, and written into the account of each run. */
  private static void refuseCredentials(OptionCheck check) {
    if (check.options().folder().filter(path -> CREDENTIALS.matcher(path).matches()).isPresent()) {
      check.refuse(
          ConnectorOptions.PATH,
          "with credentials (expected: none; put them into Flink's configuration)");
    }
  }

  /** Of a source they are left where it has a regular expression as well. */
  private static void refuseManyFolders(OptionCheck check, String expected) {
    if (check.options().foldersAreMany()) {
      check.refuse(
          ConnectorOptions.PATH,
          "'%s' with '*' or '?' (expected: %s)",
          check.options().folder().orElseThrow(),
          expected);
    }
  }

  /** Flink's own Avro takes every timestamp for milliseconds (FLINK-39036). */
  private static void refuseMisreadTimestamps(OptionCheck check, RowType columns) {
    if (check
        .options()
        .value(FactoryUtil.FORMAT.key())
        .filter(ConnectorOptions.AVRO::equals)
        .isEmpty()) {
      return;
    }
    new FlinkAvro(columns)
        .misread()
        .forEach(problem -> check.refuse(FactoryUtil.FORMAT, "'avro' %s", problem));
  }
}
