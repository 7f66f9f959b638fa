package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.text.StringEscapeUtils;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DelegatingConfiguration;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.core.fs.Path;

/** The options of a folder of text files, which Flink's factory has taken. */
record TextOptions(ConnectorOptions options) {
  private static final String CSV = "csv";

  /** Formats whose records are texts of their own, behind one another in a file. */
  private static final Set<String> FORMATS = Set.of(CSV, "json");

  /** Those of Flink's format {@code csv}, which need not be there. */
  private static final ConfigOption<String> FIELD_DELIMITER =
      ConfigOptions.key("field-delimiter").stringType().defaultValue(",");

  private static final ConfigOption<String> QUOTE_CHARACTER =
      ConfigOptions.key("quote-character").stringType().defaultValue("\"");

  private static final ConfigOption<Boolean> DISABLE_QUOTE_CHARACTER =
      ConfigOptions.key("disable-quote-character").booleanType().defaultValue(false);

  private static final ConfigOption<String> ESCAPE_CHARACTER =
      ConfigOptions.key("escape-character").stringType().defaultValue("");

  private static final ConfigOption<Boolean> TRIM_SPACES =
      ConfigOptions.key("trim-spaces").booleanType().defaultValue(false);

  private static final ConfigOption<Boolean> ALLOW_COMMENTS =
      ConfigOptions.key("allow-comments").booleanType().defaultValue(false);

  /** Whether the files are text, whatever parts their fields. */
  boolean areOfText() {
    return options.format().filter(FORMATS::contains).isPresent();
  }

  /** Of the options that are the format's own. */
  String prefix() {
    return options.format().orElseThrow() + ".";
  }

  Path path() {
    return new Path(options.value(FileSystemConnectorOptions.PATH.key()).orElseThrow());
  }

  String nameOfNull() {
    return all().get(FileSystemConnectorOptions.PARTITION_DEFAULT_NAME);
  }

  /** How often to look for new files; empty to look once. */
  Optional<Duration> monitorInterval() {
    return all().getOptional(FileSystemConnectorOptions.SOURCE_MONITOR_INTERVAL);
  }

  /** Of the paths of the files that are read; empty for all. */
  Optional<String> pattern() {
    return all().getOptional(FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN);
  }

  private boolean isCsv() {
    return options.format().filter(CSV::equals).isPresent();
  }

  /** How a record may be of several lines. */
  Quoting quoting() {
    if (!isCsv()) {
      return Quoting.NONE;
    }
    DelegatingConfiguration csv = new DelegatingConfiguration(all(), prefix());
    return new Quoting(
        Quoting.of(csv.get(DISABLE_QUOTE_CHARACTER) ? "" : csv.get(QUOTE_CHARACTER)),
        Quoting.of(StringEscapeUtils.unescapeJava(csv.get(FIELD_DELIMITER))),
        Quoting.of(csv.get(ESCAPE_CHARACTER)),
        csv.get(ALLOW_COMMENTS) ? '#' : Quoting.NO_CHARACTER,
        csv.get(TRIM_SPACES));
  }

  private Configuration all() {
    return Configuration.fromMap(options.values());
  }
}
