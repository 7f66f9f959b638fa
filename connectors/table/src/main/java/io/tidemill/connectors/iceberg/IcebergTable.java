package io.tidemill.connectors.iceberg;

import java.util.Map;
import java.util.function.Function;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.FlinkCatalog;
import org.apache.iceberg.flink.FlinkCatalogFactory;
import org.apache.iceberg.flink.FlinkDynamicTableFactory;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table of a connector, which need not be there yet. Iceberg's factory makes one that is not as
 * soon as it is asked for it, for a source too; so it is asked here only once that is wanted.
 *
 * <p>All methods block on the catalog, and throw what Iceberg throws. Immutable and thread-safe.
 */
public final class IcebergTable {
  /** Iceberg's factory makes a table below it, and looks for it where it is not. */
  public static final String BASE = "base-namespace";

  /** Without it Iceberg's factory refuses the options, and makes nothing. */
  private static final String CATALOG = "catalog-name";

  private static final String DYNAMIC = "use-dynamic-iceberg-sink";
  private static final Logger LOG = LoggerFactory.getLogger(IcebergTable.class);

  private final DynamicTableFactory.Context context;
  private final Map<String, String> options;
  private final String catalog;
  private final TableIdentifier name;

  /** That of a connector, with its columns and partitions. */
  public IcebergTable(DynamicTableFactory.Context context) {
    this.context = context;
    this.options = context.getCatalogTable().getOptions();
    this.catalog = options.getOrDefault(CATALOG, "");
    this.name = name(options, context.getObjectIdentifier());
  }

  /** The name that options give, or else the other. */
  static TableIdentifier name(Map<String, String> options, ObjectIdentifier other) {
    return TableIdentifier.of(
        Namespace.of(options.getOrDefault("catalog-database", other.getDatabaseName())),
        options.getOrDefault("catalog-table", other.getObjectName()));
  }

  /** For a message. */
  public String description() {
    return "table '%s'".formatted(name);
  }

  /** Whether it must be made first; its dynamic sink makes tables by itself, while it runs. */
  public boolean isMissing() {
    return !catalog.isEmpty()
        && !Boolean.parseBoolean(options.get(DYNAMIC))
        && !inCatalog(options, tables -> tables.tableExists(name));
  }

  /** Makes it, with its database, where it is not there; others may do the same meanwhile. */
  public void make() {
    if (!isMissing()) {
      return;
    }
    try {
      running();
    } catch (RuntimeException othersMakeIt) {
      LOG.debug("{} is made again", name, othersMakeIt);
      running();
    }
  }

  /** What writes to it, which is made where it is not there. */
  public DynamicTableSink running() {
    return new FlinkDynamicTableFactory().createDynamicTableSink(context);
  }

  /** What would write to it, only to be looked at. Makes no table. */
  public DynamicTableSink sink() {
    return isMissing()
        ? new FlinkDynamicTableFactory(outlined()).createDynamicTableSink(named())
        : running();
  }

  /** A catalog that has the table as it will be made. */
  private FlinkCatalog outlined() {
    Schema schema = FlinkSchemaUtil.convert(context.getCatalogTable().getResolvedSchema());
    PartitionSpec.Builder spec = PartitionSpec.builderFor(schema);
    context.getCatalogTable().getPartitionKeys().forEach(spec::identity);
    return new FlinkCatalog(
        catalog,
        name.namespace().toString(),
        Namespace.empty(),
        new OneTable(catalog, name, schema, spec.build(), options),
        Map.of(),
        false,
        -1);
  }

  /** The same table by its own name, by which such a catalog finds it. */
  private DynamicTableFactory.Context named() {
    return new FactoryUtil.DefaultDynamicTableContext(
        ObjectIdentifier.of(catalog, name.namespace().toString(), name.name()),
        context.getCatalogTable(),
        context.getEnrichmentOptions(),
        context.getConfiguration(),
        context.getClassLoader(),
        context.isTemporary());
  }

  /** What a catalog of options says. */
  static <T> T inCatalog(Map<String, String> options, Function<Catalog, T> question) {
    FlinkCatalog opened =
        (FlinkCatalog)
            new FlinkCatalogFactory()
                .createCatalog(
                    new FactoryUtil.DefaultCatalogContext(
                        options.getOrDefault(CATALOG, "tidemill"),
                        options,
                        new Configuration(),
                        Thread.currentThread().getContextClassLoader()));
    opened.open();
    try {
      return question.apply(opened.catalog());
    } finally {
      opened.close();
    }
  }

  /** A catalog in memory, made anew each time: whoever loads a table closes its catalog. */
  private record OneTable(
      String catalog,
      TableIdentifier table,
      Schema schema,
      PartitionSpec spec,
      Map<String, String> properties)
      implements CatalogLoader {
    @Override
    public Catalog loadCatalog() {
      InMemoryCatalog made = new InMemoryCatalog();
      made.initialize(catalog, Map.of());
      made.createNamespace(table.namespace());
      made.createTable(table, schema, spec, properties);
      return made;
    }

    @Override
    public CatalogLoader clone() {
      return this;
    }
  }
}
