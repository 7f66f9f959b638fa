package io.tidemill.connectors.options;

import io.tidemill.connectors.problem.Problem;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * The options of one connector, as in {@code CREATE TABLE … WITH}, and the place where a person
 * wrote them.
 *
 * <p>Printing them hides passwords, tokens and keys. Immutable.
 *
 * @param place what a message names, as in {@code fraud.yaml: source}
 * @param values the options in the order in which they were written
 */
public record ConnectorOptions(String place, Map<String, String> values) {
  /** What a table is called whose options name none. */
  public static final ObjectIdentifier UNNAMED =
      ObjectIdentifier.of("tidemill", "pipeline", "stream");

  /** The option that names the connector. */
  public static final String CONNECTOR = "connector";

  /** The connector for tables of Iceberg. */
  public static final String ICEBERG = "iceberg";

  /** Flink's connector for databases. */
  public static final String JDBC = "jdbc";

  /** Flink's connector for files. */
  public static final String FILESYSTEM = "filesystem";

  /** Its option that names their folder. */
  public static final String PATH = "path";

  /** Of a catalog of tables of Iceberg, the folder of them all. */
  public static final String WAREHOUSE = "warehouse";

  /** Beside a table that a run for a date replaces: the folder of its account. */
  public static final String ACCOUNT = "account";

  /** A format of files, as of texts. */
  public static final String AVRO = "avro";

  /** A format of files. */
  public static final String ORC = "orc";

  /** A format of files. */
  public static final String PARQUET = "parquet";

  /** Formats of files that say which columns they have, and of which types. */
  public static final List<String> TELLING = List.of(PARQUET, AVRO, ORC);

  // A store is no file where a factory of a user's own reads its name.
  private static final Pattern STORE =
      Pattern.compile(
          "(properties|((key|value)\\.)?avro-confluent)\\.ssl\\.(key|trust)store\\.location");
  private static final Pattern KAFKA_FILE =
      Pattern.compile("properties\\.sasl\\.oauthbearer\\.assertion\\.(.+\\.)?file");
  private static final String KAFKA_PROPERTIES = "properties.";
  private static final String STORE_FACTORY = KAFKA_PROPERTIES + "ssl.engine.factory.class";

  private static final String HIDDEN = "******";

  // As in jdbc:oracle:thin:NAME/PASSWORD@host.
  private static final Pattern IN_ORACLE_URL =
      Pattern.compile("(?<=:thin:)[^\\s/@\"']{0,256}/[^\\s@\"']{0,1024}(?=@)");

  // As in s3://KEY:SECRET@bucket; a secret may hold slashes, and what looks so after digits is a
  // port. Bounded, else a long text is read to its end from each "://" in it.
  private static final Pattern IN_URL =
      Pattern.compile("(?<=:/{1,2})(?:[^\\s/@:]*:(?!\\d+/)[^\\s\"']{0,1024}|[^\\s/@:]+)(?=@)");

  // As in password="…" of a login module, or ?token=… of a URL. From a word's beginning and without
  // a way back, else a long word is read to its end from each "token" in it.
  private static final Pattern IN_TEXT =
      Pattern.compile(
          "(?i)(?<![\\w.-])((?>[\\w.-]*?(?:password|passphrase|passwd|secret|token|credential|api[-_.]?key)[\\w.-]*)\"?\\s*(?:=|(?<=\")\\s*:)\\s*)(?:\"[^\"]*\"|'[^']*'|[^\\s&;,\"']+)");

  // What is said of a record's key is no key to anything.
  private static final Pattern OF_RECORDS_KEY =
      Pattern.compile(
          "key\\.(format|fields|fields-prefix)|metadata\\.(key|(record|message)[._-]?key)");

  public ConnectorOptions {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * The connector's name.
   *
   * @throws InvalidOptionsException if there is none
   */
  public String connector() {
    return value(CONNECTOR)
        .orElseThrow(
            () ->
                new InvalidOptionsException(
                    List.of(
                        new Problem<>(
                            new OptionKey(place, CONNECTOR),
                            "missing (expected: the name of a connector, such as kafka or"
                                + " filesystem)"))));
  }

  /** The format of the values, by whichever of its two keys it is named; empty where by none. */
  public Optional<String> format() {
    String key = FactoryUtil.FORMAT.key();
    return value("value." + key).or(() -> value(key));
  }

  /** Whether this is the connector that is named. */
  public boolean names(String connector) {
    return connector.equals(values.get(CONNECTOR));
  }

  /** The folder of files that are read or written; empty for another connector. */
  public Optional<String> folder() {
    return names(FILESYSTEM) ? value(PATH) : Optional.empty();
  }

  /** Whether a source's files say which columns they have, and of which types. */
  public boolean filesTellColumns() {
    return names(FILESYSTEM) && format().filter(TELLING::contains).isPresent();
  }

  /** Whether its files hold many rows of a column together, which so are in memory together. */
  public boolean filesHoldColumns() {
    return names(FILESYSTEM)
        && format().filter(format -> format.equals(PARQUET) || format.equals(ORC)).isPresent();
  }

  /** Whether it stands for many folders, which nothing can be written to. */
  public boolean foldersAreMany() {
    return folder().filter(Glob::is).isPresent();
  }

  /**
   * The same, where a path with {@code *}, <code>**</code> or {@code ?} in it is told as Flink's
   * connector knows it: as a folder, and a regular expression for the files below it.
   */
  public ConnectorOptions ofOneFolder() {
    String pattern = FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN.key();
    if (!foldersAreMany() || value(pattern).isPresent()) {
      return this;
    }
    Glob glob = new Glob(folder().orElseThrow());
    Map<String, String> told = new LinkedHashMap<>(values);
    told.put(PATH, glob.folder());
    told.put(pattern, glob.regex());
    return new ConnectorOptions(place, told);
  }

  /** The same without some of them. */
  public ConnectorOptions without(String... keys) {
    Map<String, String> left = new LinkedHashMap<>(values);
    left.keySet().removeAll(List.of(keys));
    return new ConnectorOptions(place, left);
  }

  /** The options that name a file or a folder: by a path, or by a URI where they can. */
  public List<String> files() {
    return values.keySet().stream().filter(this::isFile).toList();
  }

  private boolean isFile(String key) {
    if (key.startsWith(KAFKA_PROPERTIES)) {
      // What Kafka's config providers find is theirs.
      return !values.getOrDefault(key, "").contains("${")
          && (KAFKA_FILE.matcher(key).matches()
              || (STORE.matcher(key).matches() && value(STORE_FACTORY).isEmpty()));
    }
    return switch (key) {
      case PATH, ACCOUNT -> true;
      case "hive-conf-dir", "hadoop-conf-dir" -> names(ICEBERG);
      // To catalogs of other kinds it is a name.
      case WAREHOUSE ->
          names(ICEBERG)
              && value("catalog-impl").isEmpty()
              && !value("catalog-type").filter("rest"::equalsIgnoreCase).isPresent();
      default -> STORE.matcher(key).matches();
    };
  }

  /** What was written for an option, unless it is blank. */
  public Optional<String> value(String key) {
    return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
  }

  /** A table of these options with these columns, as Flink's factories want to have it. */
  public DynamicTableFactory.Context asTable(RowType columns) {
    return asTable(columns, TableKeys.NONE);
  }

  /** The same with a primary key and partitions. */
  public DynamicTableFactory.Context asTable(RowType columns, TableKeys keys) {
    ResolvedSchema schema =
        new ResolvedSchema(
            columns.getFields().stream()
                .map(
                    field ->
                        (Column)
                            Column.physical(
                                field.getName(),
                                TypeConversions.fromLogicalToDataType(
                                    keys.primaryKey().contains(field.getName())
                                        ? field.getType().copy(false)
                                        : field.getType())))
                .toList(),
            List.of(),
            keys.primaryKey().isEmpty()
                ? null
                : UniqueConstraint.primaryKey(TableKeys.PRIMARY_KEY, keys.primaryKey()),
            List.of());
    CatalogTable table =
        CatalogTable.newBuilder()
            .schema(Schema.newBuilder().fromResolvedSchema(schema).build())
            .options(values)
            .partitionKeys(keys.partitionedBy())
            .build();
    return new FactoryUtil.DefaultDynamicTableContext(
        UNNAMED,
        new ResolvedCatalogTable(table, schema),
        Map.of(),
        new Configuration(),
        Thread.currentThread().getContextClassLoader(),
        true);
  }

  /** Whether the value of an option, or of a record's header, must not be printed. */
  public static boolean isSecret(String key) {
    String lower = key.toLowerCase(Locale.ROOT);
    return lower.contains("password")
        || lower.contains("passphrase")
        || lower.contains("passwd")
        || lower.matches(".*auth[.\\-_]user[.\\-_]info.*")
        || lower.contains("secret")
        || lower.contains("token")
        || lower.contains("credential")
        || lower.contains("authorization")
        || lower.contains("cookie")
        || lower.contains("sasl.jaas.config")
        || lower.contains("basic-auth")
        || (!OF_RECORDS_KEY.matcher(lower).matches()
            && lower.matches(
                ".*(^|[.\\-_])(api|access|private|encryption)?[.\\-_]?key($|[.\\-_]).*"));
  }

  /** The value of an option as a message may show it. */
  public static String shown(String key, String value) {
    return isSecret(key) ? HIDDEN : withoutSecrets(value);
  }

  /** A text without the secrets that URLs and assignments in it hold. */
  public static String withoutSecrets(String text) {
    String withoutUsers =
        IN_ORACLE_URL.matcher(IN_URL.matcher(text).replaceAll(HIDDEN)).replaceAll(HIDDEN);
    return IN_TEXT.matcher(withoutUsers).replaceAll("$1" + HIDDEN);
  }

  @Override
  public String toString() {
    Map<String, String> shown = new TreeMap<>();
    values.forEach((key, value) -> shown.put(key, shown(key, value)));
    return place + " " + shown;
  }
}
