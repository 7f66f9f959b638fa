package io.tidemill.connectors.table;

import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.options.TablePartition;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.functions.FilterFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * The rows of a partition that a job names. Immutable.
 *
 * @param padded whether texts may come with blanks behind them, as those of a CHAR of a database,
 *     which have none where it compares them
 */
record PartitionRows(TablePartition partition, List<Column> columns, boolean padded) {

  /**
   * A column of the partition.
   *
   * @param value as a row has it, but for texts
   * @param literal the same in an expression
   */
  record Column(int index, String name, LogicalType type, Object value, Object literal) {}

  /** That of some options, with what is wrong of it refused. */
  static PartitionRows of(
      Map<String, String> options, RowType rows, boolean padded, OptionCheck check) {
    try {
      TablePartition partition = TablePartition.of(options);
      List<Column> columns = new ArrayList<>();
      partition
          .values()
          .forEach((name, value) -> column(rows, name, value, check).ifPresent(columns::add));
      return new PartitionRows(partition, List.copyOf(columns), padded);
    } catch (IllegalArgumentException none) {
      check.refuse(TablePartition.OPTION, "%s", String.valueOf(none.getMessage()));
      return new PartitionRows(new TablePartition(Map.of()), List.of(), padded);
    }
  }

  private static Optional<Column> column(
      RowType rows, String name, String value, OptionCheck check) {
    int index = rows.getFieldIndex(name);
    if (index < 0) {
      check.refuse(
          TablePartition.OPTION,
          "'%s' (expected: one of the columns %s)",
          name,
          String.join(", ", rows.getFieldNames()));
      return Optional.empty();
    }
    LogicalType type = rows.getTypeAt(index);
    try {
      switch (type.getTypeRoot()) {
        case CHAR, VARCHAR -> {
          return Optional.of(new Column(index, name, type, value, value));
        }
        case DATE -> {
          LocalDate date = LocalDate.parse(value);
          return Optional.of(new Column(index, name, type, (int) date.toEpochDay(), date));
        }
        case INTEGER -> {
          Integer number = Integer.valueOf(value);
          return Optional.of(new Column(index, name, type, number, number));
        }
        case BIGINT -> {
          Long number = Long.valueOf(value);
          return Optional.of(new Column(index, name, type, number, number));
        }
        default ->
            check.refuse(
                TablePartition.OPTION,
                "'%s' of type %s (expected: STRING, DATE, INT or BIGINT)",
                name,
                type.copy(true).asSummaryString());
      }
    } catch (DateTimeException | NumberFormatException other) {
      check.refuse(
          TablePartition.OPTION,
          "'%s=%s' (expected: a value of type %s)",
          name,
          value,
          type.copy(true).asSummaryString());
    }
    return Optional.empty();
  }

  boolean isAll() {
    return partition.values().isEmpty();
  }

  /** What a table that does not exist yet is partitioned by. */
  TableKeys within(TableKeys keys) {
    return isAll() || !keys.partitionedBy().isEmpty()
        ? keys
        : new TableKeys(
            keys.primaryKey(), List.copyOf(partition.values().keySet()), keys.overwrite());
  }

  /** For a connector that then leaves out what it need not read. */
  List<ResolvedExpression> filters() {
    return columns.stream().map(PartitionRows::filter).toList();
  }

  private static ResolvedExpression filter(Column column) {
    DataType type = TypeConversions.fromLogicalToDataType(column.type());
    return CallExpression.permanent(
        BuiltInFunctionDefinitions.EQUALS,
        List.of(
            new FieldReferenceExpression(column.name(), type, 0, column.index()),
            new ValueLiteralExpression(column.literal(), type.notNull())),
        DataTypes.BOOLEAN());
  }

  /** The rows of a scan that are of the partition, whatever else it reads. */
  ScanStream of(ScanStream scan) {
    List<RowData.FieldGetter> getters =
        columns.stream()
            .map(column -> RowData.createFieldGetter(column.type(), column.index()))
            .toList();
    boolean blanks = padded;
    List<Object> values =
        columns.stream().map(column -> comparable(column.value(), blanks)).toList();
    FilterFunction<RowData> inside =
        row -> {
          for (int i = 0; i < values.size(); i++) {
            Object value = getters.get(i).getFieldOrNull(row);
            if (value == null || !values.get(i).equals(comparable(value, blanks))) {
              return false;
            }
          }
          return true;
        };
    return (environment, uid) -> {
      DataStream<RowData> rows = scan.attach(environment, uid);
      String name = uid + "-partition";
      return rows.filter(inside).name(name).uid(name).setParallelism(rows.getParallelism());
    };
  }

  private static Object comparable(Object value, boolean padded) {
    if (!(value instanceof String || value instanceof StringData)) {
      return value;
    }
    String text = value.toString();
    return padded ? text.stripTrailing() : text;
  }
}
