package io.tidemill.connectors.table;

import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.TableKeys;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.table.connector.source.abilities.SupportsPartitionPushDown;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/** The columns of a table that are folders, where Flink's own way with them goes wrong. */
record PartitionFolders(List<String> names, RowType columns, OptionCheck check) {
  /** What Flink writes as it reads it. */
  private static final Set<LogicalTypeRoot> WRITTEN =
      EnumSet.of(
          LogicalTypeRoot.CHAR,
          LogicalTypeRoot.VARCHAR,
          LogicalTypeRoot.BOOLEAN,
          LogicalTypeRoot.TINYINT,
          LogicalTypeRoot.SMALLINT,
          LogicalTypeRoot.INTEGER,
          LogicalTypeRoot.BIGINT,
          LogicalTypeRoot.FLOAT,
          LogicalTypeRoot.DOUBLE,
          LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE);

  /** Refuses types that Flink's source has no way to read from a folder's name. */
  void refuseUnreadable() {
    Set<LogicalTypeRoot> read = EnumSet.copyOf(WRITTEN);
    read.add(LogicalTypeRoot.DATE);
    refuseOthers(read, "which no folder's name is read as");
  }

  /** Refuses types that would be another value in a folder's name, such as a date's number. */
  void refuseUnwritable() {
    refuseOthers(WRITTEN, "which a folder's name does not hold as it is");
  }

  private void refuseOthers(Set<LogicalTypeRoot> taken, String why) {
    for (String name : names) {
      LogicalType type = columns.getTypeAt(columns.getFieldIndex(name));
      if (!taken.contains(type.getTypeRoot())) {
        check.refuse(
            TableKeys.PARTITIONED_BY,
            "'%s' of type %s, %s (expected: STRING, or a whole number's type)",
            name,
            type.copy(true).asSummaryString(),
            why);
      }
    }
  }

  /** The columns of files with those of folders behind them as texts, where nobody declared any. */
  RowType added() {
    List<RowType.RowField> all = new ArrayList<>();
    columns.getFields().stream()
        .filter(field -> !names.contains(field.getName()))
        .forEach(all::add);
    names.forEach(
        name -> all.add(new RowType.RowField(name, new VarCharType(VarCharType.MAX_LENGTH))));
    return new RowType(false, all);
  }

  /** Has a source read the folder without a value, too, whose name Flink makes of the null. */
  void nameNulls(SupportsPartitionPushDown source) {
    if (names.isEmpty()) {
      return;
    }
    String nameOfNull = check.read(FileSystemConnectorOptions.PARTITION_DEFAULT_NAME, "a name");
    source
        .listPartitions()
        .filter(all -> all.stream().anyMatch(folder -> folder.containsValue(null)))
        .ifPresent(
            all ->
                source.applyPartitions(
                    all.stream().map(folder -> named(folder, nameOfNull)).toList()));
  }

  private static Map<String, String> named(Map<String, String> folder, String nameOfNull) {
    Map<String, String> named = new LinkedHashMap<>(folder);
    named.replaceAll((column, value) -> value == null ? nameOfNull : value);
    return named;
  }
}
