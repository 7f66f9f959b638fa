package io.tidemill.connectors.options;

import io.tidemill.connectors.problem.Suggestion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.Format;
import org.apache.flink.table.factories.DecodingFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.EncodingFormatFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FormatFactory;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * The connectors or formats that can be had in this process. Not thread-safe.
 *
 * @param kind of their factories
 */
public record ClassPath<F extends Factory>(Class<F> kind) {
  /** With which the names begin of what is only for Tidemill itself. */
  public static final String OWN = "tidemill-";

  private static final String PLACE = "in the folder of TIDEMILL_LIB or, on a cluster, Flink's lib";

  private static final String HADOOP =
      " with org.apache.hadoop:hadoop-client-api and hadoop-client-runtime";

  /** What was tested beside that, each with the artifacts that bring it. */
  private static final Map<String, String> ELSEWHERE =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("csv", "org.apache.flink:flink-csv"),
              Map.entry("json", "org.apache.flink:flink-json"),
              Map.entry("avro", "org.apache.flink:flink-avro"),
              Map.entry("parquet", "org.apache.flink:flink-sql-parquet" + HADOOP),
              Map.entry("orc", "org.apache.flink:flink-sql-orc" + HADOOP),
              Map.entry(
                  "protobuf",
                  "org.apache.flink:flink-protobuf, com.google.protobuf:protobuf-java and that of the"
                      + " message's class"),
              Map.entry("datagen", "org.apache.flink:flink-connector-datagen"),
              Map.entry("filesystem", "org.apache.flink:flink-connector-files"),
              Map.entry(
                  "jdbc",
                  "org.apache.flink:flink-connector-jdbc-core, that of the database, and its driver"),
              Map.entry("iceberg", "org.apache.iceberg:iceberg-flink-runtime-2.1" + HADOOP)));

  /** The names of those that are there and accepted. */
  public Set<String> names(Predicate<F> accepted) {
    Set<String> names = new TreeSet<>();
    for (F factory : factories()) {
      if (!factory.factoryIdentifier().startsWith(OWN) && accepted.test(factory)) {
        names.add(factory.factoryIdentifier());
      }
    }
    return names;
  }

  /** All that have a name: Flink has one factory for records and another for files. */
  public List<F> named(String name) {
    return factories().stream()
        .filter(factory -> factory.factoryIdentifier().equals(name))
        .toList();
  }

  private List<F> factories() {
    List<F> factories = new ArrayList<>();
    var providers =
        ServiceLoader.load(Factory.class, Thread.currentThread().getContextClassLoader()).stream()
            .iterator();
    while (providers.hasNext()) {
      var provider = providers.next();
      if (kind.isAssignableFrom(provider.type())) {
        factories.add(kind.cast(provider.get()));
      }
    }
    return factories;
  }

  /** The names of the formats that carry records, and not changes of a table. */
  public static <F extends FormatFactory> Set<String> formats(
      Class<F> kind, ConnectorOptions options) {
    var table = options.asTable(RowType.of(new VarCharType(VarCharType.MAX_LENGTH)));
    return new ClassPath<>(kind).names(factory -> carriesRecords(factory, table));
  }

  private static boolean carriesRecords(FormatFactory factory, DynamicTableFactory.Context table) {
    // The one option that any of Flink's formats insists on.
    Configuration options = Configuration.fromMap(Map.of("url", "http://localhost"));
    try {
      Format format =
          factory instanceof DecodingFormatFactory<?> decoding
              ? decoding.createDecodingFormat(table, options)
              : ((EncodingFormatFactory<?>) factory).createEncodingFormat(table, options);
      return format.getChangelogMode().equals(ChangelogMode.insertOnly());
    } catch (RuntimeException e) {
      // It wants other options, and says so when it is named.
      return true;
    }
  }

  /**
   * What to say of a name that is not there: those that are, and where this one would come from.
   */
  public static String missing(String name, Collection<String> there) {
    String artifacts = ELSEWHERE.get(name);
    return artifacts == null
        ? "'%s' is not on the class path (%sexpected: one of %s, or the jar that brings it, %s)"
            .formatted(name, new Suggestion(name, there).meant(), String.join(", ", there), PLACE)
        : "'%s' is not on the class path (expected: one of %s, or the jar of %s, %s)"
            .formatted(name, String.join(", ", there), artifacts, PLACE);
  }
}
