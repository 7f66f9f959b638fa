package io.tidemill.connectors.options;

import java.util.List;
import org.apache.flink.table.types.logical.RowType;

/**
 * What is said of a table beside its columns. Immutable.
 *
 * @param primaryKey the columns by which a row is known, as in {@code PRIMARY KEY (…) NOT
 *     ENFORCED}; empty for none
 * @param partitionedBy the columns that are folders of the form {@code column=value}, as in {@code
 *     PARTITIONED BY (…)}; empty for none
 * @param overwrite whether rows replace those of their partitions, or of a table without them, as
 *     in {@code INSERT OVERWRITE}
 */
public record TableKeys(List<String> primaryKey, List<String> partitionedBy, boolean overwrite) {
  /** The option that names the primary key, beside a connector's own. */
  public static final String PRIMARY_KEY = "primary-key";

  /** The option that names the partition's columns, beside a connector's own. */
  public static final String PARTITIONED_BY = "partitioned-by";

  /** The option that has rows replaced, beside a connector's own. */
  public static final String OVERWRITE = "overwrite";

  /** Nothing. */
  public static final TableKeys NONE = new TableKeys(List.of(), List.of(), false);

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

  /** Refuses all, for a connector that has none of them. */
  public void refuse(OptionCheck check) {
    refusePrimaryKey(check);
    refusePartitions(check);
    refuseOverwrite(check);
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

  /** Refuses to replace rows, for a connector that only adds some. */
  public void refuseOverwrite(OptionCheck check) {
    if (overwrite) {
      check.refuse(
          OVERWRITE,
          "not taken by '%s' (expected: a connector that replaces partitions, such as filesystem or"
              + " iceberg)",
          check.options().connector());
    }
  }
}
