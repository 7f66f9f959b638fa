package io.tidemill.inference.codec;

import io.tidemill.model.columnar.ElementType;
import java.io.Serializable;
import java.time.Duration;
import java.util.Optional;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * A scalar inside a row or an array, and how it is read as a number: a date or a timestamp as the
 * milliseconds since the epoch, a time as those of the day.
 *
 * @param precision of a decimal or a timestamp, else 0
 * @param scale of a decimal, else 0
 */
record RowField(String name, int position, Kind kind, boolean nullable, int precision, int scale)
    implements Serializable {
  private static final long MILLIS_PER_DAY = Duration.ofDays(1).toMillis();

  /** What a scalar is, apart from its nullability and length. */
  enum Kind {
    BOOLEAN,
    BYTE,
    SHORT,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    DECIMAL,
    DATE,
    TIME,
    TIMESTAMP,
    STRING,
    BYTES;

    static Optional<Kind> of(LogicalType type) {
      return switch (type.getTypeRoot()) {
        case BOOLEAN -> Optional.of(BOOLEAN);
        case TINYINT -> Optional.of(BYTE);
        case SMALLINT -> Optional.of(SHORT);
        case INTEGER -> Optional.of(INT);
        case BIGINT -> Optional.of(LONG);
        case FLOAT -> Optional.of(FLOAT);
        case DOUBLE -> Optional.of(DOUBLE);
        case DECIMAL -> Optional.of(DECIMAL);
        case DATE -> Optional.of(DATE);
        case TIME_WITHOUT_TIME_ZONE -> Optional.of(TIME);
        case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> Optional.of(TIMESTAMP);
        case CHAR, VARCHAR -> Optional.of(STRING);
        case BINARY, VARBINARY -> Optional.of(BYTES);
        default -> Optional.empty();
      };
    }

    /**
     * Whether a tensor of this type takes such a scalar. Floats take every number, rounded to the
     * nearest; integers take only what they hold exactly. Unsigned ones take every whole number,
     * and {@link #whole} looks at each.
     */
    boolean fits(ElementType type) {
      return switch (type) {
        case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> this != STRING && this != BYTES;
        case INT8 -> this == BOOLEAN || this == BYTE;
        case INT16 -> this == BOOLEAN || this == BYTE || this == SHORT;
        case INT32 -> this == BOOLEAN || this == BYTE || this == SHORT || this == INT;
        case INT64 ->
            switch (this) {
              case BOOLEAN, BYTE, SHORT, INT, LONG, DATE, TIME, TIMESTAMP -> true;
              case FLOAT, DOUBLE, DECIMAL, STRING, BYTES -> false;
            };
        case UINT8, UINT16, UINT32, UINT64 ->
            this == BOOLEAN || this == BYTE || this == SHORT || this == INT || this == LONG;
        case BOOL -> this == BOOLEAN;
        case STRING -> this == STRING || this == BYTES;
      };
    }
  }

  static Optional<RowField> of(String name, int position, LogicalType type) {
    return Kind.of(type)
        .map(
            kind ->
                new RowField(
                    name,
                    position,
                    kind,
                    type.isNullable(),
                    precision(type),
                    type instanceof DecimalType decimal ? decimal.getScale() : 0));
  }

  private static int precision(LogicalType type) {
    return type.is(LogicalTypeRoot.DECIMAL) || type.is(LogicalTypeFamily.TIMESTAMP)
        ? LogicalTypeChecks.getPrecision(type)
        : 0;
  }

  /** Rounded once: by way of a double, a long or a decimal could end at the next float. */
  float toFloat(RowData row) {
    return switch (kind) {
      case FLOAT -> row.getFloat(position);
      case DOUBLE -> (float) row.getDouble(position);
      case DECIMAL -> row.getDecimal(position, precision, scale).toBigDecimal().floatValue();
      default -> toLong(row);
    };
  }

  double toDouble(RowData row) {
    return switch (kind) {
      case FLOAT -> row.getFloat(position);
      case DOUBLE -> row.getDouble(position);
      case DECIMAL -> toDouble(row.getDecimal(position, precision, scale));
      default -> toLong(row);
    };
  }

  long toLong(RowData row) {
    return switch (kind) {
      case INT -> row.getInt(position);
      case LONG -> row.getLong(position);
      case SHORT -> row.getShort(position);
      case BYTE -> row.getByte(position);
      case BOOLEAN -> row.getBoolean(position) ? 1 : 0;
      case DATE -> row.getInt(position) * MILLIS_PER_DAY;
      case TIME -> row.getInt(position);
      case TIMESTAMP -> row.getTimestamp(position, precision).getMillisecond();
      default -> throw new IllegalStateException("kind of " + name + ": " + kind);
    };
  }

  /**
   * A value for a tensor of whole numbers.
   *
   * @throws UnfitRecordException if an unsigned type does not hold it
   */
  long whole(long value, ElementType type) {
    boolean fits =
        type.kind() != ElementType.Kind.UNSIGNED
            || (value >= 0
                && (type.bytes() == Long.BYTES || value >>> (type.bytes() * Byte.SIZE) == 0));
    if (!fits) {
      throw new UnfitRecordException(
          "field '%s': %d (expected: 0 to %s, as %s has them)"
              .formatted(name, value, type.max(), type.label()));
    }
    return value;
  }

  byte[] toBytes(RowData row) {
    return kind == Kind.STRING ? row.getString(position).toBytes() : row.getBinary(position);
  }

  float toFloat(ArrayData array, int index) {
    return switch (kind) {
      case FLOAT -> array.getFloat(index);
      case DOUBLE -> (float) array.getDouble(index);
      case DECIMAL -> array.getDecimal(index, precision, scale).toBigDecimal().floatValue();
      default -> toLong(array, index);
    };
  }

  double toDouble(ArrayData array, int index) {
    return switch (kind) {
      case FLOAT -> array.getFloat(index);
      case DOUBLE -> array.getDouble(index);
      case DECIMAL -> toDouble(array.getDecimal(index, precision, scale));
      default -> toLong(array, index);
    };
  }

  long toLong(ArrayData array, int index) {
    return switch (kind) {
      case INT -> array.getInt(index);
      case LONG -> array.getLong(index);
      case SHORT -> array.getShort(index);
      case BYTE -> array.getByte(index);
      case BOOLEAN -> array.getBoolean(index) ? 1 : 0;
      case DATE -> array.getInt(index) * MILLIS_PER_DAY;
      case TIME -> array.getInt(index);
      case TIMESTAMP -> array.getTimestamp(index, precision).getMillisecond();
      default -> throw new IllegalStateException("kind of " + name + ": " + kind);
    };
  }

  byte[] toBytes(ArrayData array, int index) {
    return kind == Kind.STRING ? array.getString(index).toBytes() : array.getBinary(index);
  }

  private static double toDouble(DecimalData decimal) {
    return decimal.toBigDecimal().doubleValue();
  }
}
