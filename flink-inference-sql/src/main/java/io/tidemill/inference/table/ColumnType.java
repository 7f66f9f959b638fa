package io.tidemill.inference.table;

import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;

/** The type of a column, as it is compared with that of another. Immutable. */
record ColumnType(LogicalType type) {
  /** Whether another is the same but for nulls, also deep within. */
  boolean isAs(LogicalType other) {
    return isAs(type, other, false);
  }

  /** Whether values of another are read as this one: texts and bytes of any length are. */
  boolean reads(LogicalType other) {
    return isAs(type, other, true);
  }

  private static boolean isAs(LogicalType one, LogicalType other, boolean anyLength) {
    if (anyLength
        && (areBoth(LogicalTypeFamily.CHARACTER_STRING, one, other)
            || areBoth(LogicalTypeFamily.BINARY_STRING, one, other))) {
      return true;
    }
    List<LogicalType> within = one.getChildren();
    List<LogicalType> withinOther = other.getChildren();
    if (within.isEmpty() || withinOther.isEmpty()) {
      return one.copy(true).equals(other.copy(true));
    }
    if (one.getTypeRoot() != other.getTypeRoot()
        || within.size() != withinOther.size()
        || !names(one).equals(names(other))) {
      return false;
    }
    for (int i = 0; i < within.size(); i++) {
      if (!isAs(within.get(i), withinOther.get(i), anyLength)) {
        return false;
      }
    }
    return true;
  }

  private static boolean areBoth(LogicalTypeFamily family, LogicalType one, LogicalType other) {
    return one.is(family) && other.is(family);
  }

  private static List<String> names(LogicalType type) {
    return type instanceof RowType row ? row.getFieldNames() : List.of();
  }
}
