package io.tidemill.connectors.options;

import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * What Flink's table factories want to know, without a catalog and without a planner. Stateless.
 */
public final class FactoryContext {
  private FactoryContext() {}

  /** A table of these options whose columns are the fields of {@code rowType}. */
  public static DynamicTableFactory.Context of(ConnectorOptions options, RowType rowType) {
    ResolvedSchema resolved =
        ResolvedSchema.of(
            rowType.getFields().stream()
                .map(
                    field ->
                        (Column)
                            Column.physical(
                                field.getName(),
                                TypeConversions.fromLogicalToDataType(field.getType())))
                .toList());
    CatalogTable table =
        CatalogTable.newBuilder()
            .schema(Schema.newBuilder().fromResolvedSchema(resolved).build())
            .options(options.values())
            .build();
    return new FactoryUtil.DefaultDynamicTableContext(
        ObjectIdentifier.of("tidemill", "pipeline", "stream"),
        new ResolvedCatalogTable(table, resolved),
        Map.of(),
        new Configuration(),
        Thread.currentThread().getContextClassLoader(),
        true);
  }
}
