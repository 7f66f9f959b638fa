package io.tidemill.connectors.avro;

import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** What Flink's own Avro makes of columns, where it must do. Immutable. */
public record FlinkAvro(RowType columns) {
  private static final int MILLIS = 3;

  /** What to say of each field whose timestamps it takes for milliseconds (FLINK-39036). */
  public List<String> misread() {
    return columns.getFields().stream()
        .filter(field -> isFine(field.getType()))
        .map(
            field ->
                "reads and writes field '%s' %s as milliseconds (expected: TIMESTAMP(3); or BIGINT, the field without its logicalType)"
                    .formatted(field.getName(), field.getType()))
        .toList();
  }

  private static boolean isFine(LogicalType type) {
    return (type.is(LogicalTypeFamily.TIMESTAMP) && LogicalTypeChecks.getPrecision(type) > MILLIS)
        || type.getChildren().stream().anyMatch(FlinkAvro::isFine);
  }
}
