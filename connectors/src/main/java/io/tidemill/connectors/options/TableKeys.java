package io.tidemill.connectors.options;

import java.util.List;
import org.apache.flink.table.types.logical.RowType;

/**
 * What a table declares beside its columns. Immutable.
 *
 * @param primaryKey the columns by which a row is known, as in {@code PRIMARY KEY (…) NOT
 *     ENFORCED}; empty for none
 * @param partitionedBy the columns that are folders of the form {@code column=value}, as in {@code
 *     PARTITIONED BY (…)}; empty for none
 */
public record TableKeys(List<String> primaryKey, List<String> partitionedBy) {
  /** The option that names the primary key, beside a connector's own. */
  public static final String PRIMARY_KEY = "primary-key";

  /** The option that names the partition's columns, beside a connector's own. */
  public static final String PARTITIONED_BY = "partitioned-by";

  /** Neither. */
  public static final TableKeys NONE = new TableKeys(List.of(), List.of());

  public TableKeys {
    primaryKey = List.copyOf(primaryKey);
    partitionedBy = List.copyOf(partitionedBy);
  }

  /** These keys, or none where they are not of these columns, which is refused. */
  public TableKeys of(RowType columns, OptionCheck check) {
    int problemsBefore = check.problemCount();
    refuseUnknown(PRIMARY_KEY, primaryKey, columns, check);
    refuseUnknown(PARTITIONED_BY, partitionedBy, columns, check);
    if (partitionedBy.containsAll(columns.getFieldNames())) {
      check.refuse(PARTITIONED_BY, "every column (expected: one at least that is in the files)");
    }
    return check.problemCount() > problemsBefore ? NONE : this;
  }

  private static void refuseUnknown(
      String key, List<String> names, RowType columns, OptionCheck check) {
    for (String name : names) {
      if (columns.getFieldIndex(name) < 0) {
        check.refuse(
            key, "'%s' (expected: one of %s)", name, String.join(", ", columns.getFieldNames()));
      } else if (names.indexOf(name) != names.lastIndexOf(name)) {
        check.refuse(key, "'%s' is there twice (expected: each column once)", name);
      }
    }
  }

  /** Refuses both, for a connector that has neither. */
  public void refuse(OptionCheck check) {
    refusePrimaryKey(check);
    refusePartitions(check);
  }

  /** Refuses a primary key, for a connector that has none. */
  public void refusePrimaryKey(OptionCheck check) {
    if (!primaryKey.isEmpty()) {
      check.refuse(
          PRIMARY_KEY,
          "not taken by '%s' (expected: a connector that writes rows by their key, such as jdbc)",
          check.options().connector());
    }
  }

  /** Refuses partitions, for a connector that has none. */
  public void refusePartitions(OptionCheck check) {
    if (!partitionedBy.isEmpty()) {
      check.refuse(
          PARTITIONED_BY,
          "not taken by '%s' (expected: a connector of files, such as filesystem)",
          check.options().connector());
    }
  }
}
