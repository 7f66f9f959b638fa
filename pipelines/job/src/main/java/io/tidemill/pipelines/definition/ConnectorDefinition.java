package io.tidemill.pipelines.definition;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A source, a sink or a dead-letter sink.
 *
 * @param options as in {@code CREATE TABLE … WITH}, {@value #CONNECTOR} among them
 * @param schema the columns; null where the job itself knows them
 * @param primaryKey the columns by which a sink's row is known; empty for none
 * @param partitionedBy the columns that are folders, {@code column=value}; empty for none
 * @param overwrite whether a sink's rows replace those of their partitions
 * @param files how a source reads files
 */
public record ConnectorDefinition(
    Map<String, String> options,
    @Nullable SchemaDefinition schema,
    List<String> primaryKey,
    List<String> partitionedBy,
    boolean overwrite,
    FilesDefinition files) {
  /** The option that names the connector. */
  public static final String CONNECTOR = "connector";

  public ConnectorDefinition {
    primaryKey = List.copyOf(primaryKey);
    partitionedBy = List.copyOf(partitionedBy);
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    String connector = options.get(CONNECTOR);
    if (connector == null) {
      throw new IllegalArgumentException(
          "connector: none (expected: a connector's name such as kafka)");
    }
    Names.checkText(CONNECTOR, connector);
  }

  /** The same with another value for an option. */
  public ConnectorDefinition with(String option, String value) {
    Map<String, String> changed = new LinkedHashMap<>(options);
    changed.put(option, value);
    return new ConnectorDefinition(changed, schema, primaryKey, partitionedBy, overwrite, files);
  }

  /** The same, whose rows replace none. */
  public ConnectorDefinition adding() {
    return new ConnectorDefinition(options, schema, primaryKey, partitionedBy, false, files);
  }

  /** The same with other columns, or none that are written down. */
  public ConnectorDefinition withSchema(@Nullable SchemaDefinition other) {
    return new ConnectorDefinition(options, other, primaryKey, partitionedBy, overwrite, files);
  }

  /** The connector's name, such as {@code kafka}. */
  public String connector() {
    return options.getOrDefault(CONNECTOR, "");
  }
}
