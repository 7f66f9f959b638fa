package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DelegatingConfiguration;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.ParquetFileFormatFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.parquet.crypto.EncryptionPropertiesFactory;

/** The options of a folder of Parquet files, which Flink's factory has taken. */
record ParquetOptions(ConnectorOptions options) {
  private static final String PARQUET = ParquetFileFormatFactory.IDENTIFIER;
  private static final String PREFIX = PARQUET + ".";

  /** Not of Flink, whose factory takes any option with its format's name. */
  static final ConfigOption<Boolean> MAY_LACK_COLUMNS =
      ConfigOptions.key(PREFIX + "may-lack-columns").booleanType().defaultValue(false);

  /** Whether timestamps are counts of parts of a second. */
  static final String AS_COUNTS = PREFIX + ParquetFileFormatFactory.WRITE_INT64_TIMESTAMP.key();

  /** Whether timestamps are those of UTC. */
  static final String UTC = PREFIX + ParquetFileFormatFactory.UTC_TIMEZONE.key();

  /** Of which parts. */
  static final String UNIT = PREFIX + ParquetFileFormatFactory.TIMESTAMP_TIME_UNIT.key();

  private static final Set<String> KNOWN =
      Set.of(
          ConnectorOptions.CONNECTOR,
          FactoryUtil.FORMAT.key(),
          FileSystemConnectorOptions.PATH.key(),
          FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN.key());

  /** Whether they are such options, and none that is read nowhere but in Flink's connector. */
  boolean areKnown() {
    return options.format().filter(PARQUET::equals).isPresent()
        && options.values().keySet().stream()
            .allMatch(key -> KNOWN.contains(key) || key.startsWith(PREFIX));
  }

  /** Whether keys of their own protect the files, which only Parquet's writer of rows asks for. */
  boolean areEncrypted() {
    return hadoop().get(EncryptionPropertiesFactory.CRYPTO_FACTORY_CLASS_PROPERTY_NAME) != null;
  }

  Path path() {
    return new Path(options.value(FileSystemConnectorOptions.PATH.key()).orElseThrow());
  }

  /** Of the paths of the files that are read; empty for all. */
  Optional<String> pattern() {
    return options.value(FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN.key());
  }

  int batchSize() {
    return format().get(ParquetFileFormatFactory.BATCH_SIZE);
  }

  /** Whether timestamps are those of UTC, and not of this machine's time zone. */
  boolean utc() {
    return format().get(ParquetFileFormatFactory.UTC_TIMEZONE);
  }

  /** Whether the job says which of the two they are. */
  boolean utcIsSaid() {
    return options.value(UTC).isPresent();
  }

  /** Whether columns that are not in a file are null. */
  boolean mayLackColumns() {
    return Configuration.fromMap(options.values()).get(MAY_LACK_COLUMNS);
  }

  private DelegatingConfiguration format() {
    return new DelegatingConfiguration(Configuration.fromMap(options.values()), PREFIX);
  }

  /** What Parquet itself reads of them; a new one. */
  org.apache.hadoop.conf.Configuration hadoop() {
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    options
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith(PREFIX)) {
                hadoop.set(key, value);
              }
            });
    return hadoop;
  }
}
