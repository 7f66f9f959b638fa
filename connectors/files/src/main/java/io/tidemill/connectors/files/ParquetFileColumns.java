package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.BsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;

/**
 * What the footer of a Parquet file says.
 *
 * @param utc whether timestamps are read as UTC and not in this machine's time zone
 * @param utcIsSaid whether the job says so, or says that they are not
 */
record ParquetFileColumns(boolean utc, boolean utcIsSaid) implements FileColumns {
  /** Of an INT96. */
  private static final int DIGITS_OF_NANOS = 9;

  @Override
  public RowType of(FileSourceSplit file) throws IOException {
    Found found = new Found(file);
    for (Type column : schema(file).getFields()) {
      if (!utcIsSaid && hasTimesWithoutZone(column)) {
        found.refuse(
            column.getName(),
            column,
            "'%s' said, as nothing in the file tells times that are as they are, true, from those that Flink and Tidemill have written from this machine's time zone, false"
                .formatted(ParquetOptions.UTC));
      } else {
        found.add(
            column.getName(),
            column,
            type(column).filter(type -> isRead(file, column, type.copy(true))));
      }
    }
    return found.columns();
  }

  /**
   * Whether it has counts that are no instants. So does Flink's writer call what it takes for times
   * of its machine's zone, and so do all others call times that nothing is added to.
   */
  private static boolean hasTimesWithoutZone(Type column) {
    return column.isPrimitive()
        ? column.getLogicalTypeAnnotation() instanceof TimestampLogicalTypeAnnotation timestamp
            && !timestamp.isAdjustedToUTC()
        : column.asGroupType().getFields().stream()
            .anyMatch(ParquetFileColumns::hasTimesWithoutZone);
  }

  private static MessageType schema(FileSourceSplit file) throws IOException {
    try (var reader =
        ParquetColumnReader.open(file.path(), file.fileSize(), false, new PageMemory())) {
      return reader.getFileMetaData().getSchema();
    }
  }

  private static boolean isRead(FileSourceSplit file, Type column, LogicalType type) {
    RowType alone = RowType.of(new LogicalType[] {type}, new String[] {column.getName()});
    try {
      new DeclaredColumns(alone, false).check(file.path(), new MessageType("column", column));
      return true;
    } catch (RecordFailureException otherwise) {
      return false;
    }
  }

  private Optional<LogicalType> type(Type found) {
    if (found.isRepetition(Type.Repetition.REPEATED)) {
      return Optional.empty();
    }
    if (found.isPrimitive()) {
      return value(found.asPrimitiveType());
    }
    GroupType group = found.asGroupType();
    LogicalTypeAnnotation kind = group.getLogicalTypeAnnotation();
    if (kind instanceof ListLogicalTypeAnnotation) {
      return list(group);
    }
    if (kind instanceof MapLogicalTypeAnnotation) {
      return map(group);
    }
    return row(group);
  }

  private Optional<LogicalType> list(GroupType list) {
    if (list.getFieldCount() != 1) {
      return Optional.empty();
    }
    Type slot = list.getType(0);
    Optional<LogicalType> element =
        slot.isPrimitive()
            ? value(slot.asPrimitiveType())
            : slot.asGroupType().getFieldCount() == 1
                ? type(slot.asGroupType().getType(0))
                : row(slot.asGroupType());
    return element.map(ArrayType::new);
  }

  private Optional<LogicalType> map(GroupType map) {
    if (map.getFieldCount() != 1
        || map.getType(0).isPrimitive()
        || map.getType(0).asGroupType().getFieldCount() != 2) {
      return Optional.empty();
    }
    GroupType entry = map.getType(0).asGroupType();
    return type(entry.getType(0))
        .flatMap(key -> type(entry.getType(1)).map(value -> new MapType(key, value)));
  }

  private Optional<LogicalType> row(GroupType group) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (Type field : group.getFields()) {
      type(field).ifPresent(type -> fields.add(new RowType.RowField(field.getName(), type)));
    }
    return fields.size() == group.getFieldCount()
        ? Optional.of(new RowType(fields))
        : Optional.empty();
  }

  private Optional<LogicalType> value(PrimitiveType found) {
    LogicalTypeAnnotation kind = found.getLogicalTypeAnnotation();
    if (kind == null) {
      return Optional.of(plain(found));
    }
    if (kind instanceof StringLogicalTypeAnnotation
        || kind instanceof EnumLogicalTypeAnnotation
        || kind instanceof JsonLogicalTypeAnnotation) {
      return Optional.of(new VarCharType(VarCharType.MAX_LENGTH));
    }
    if (kind instanceof BsonLogicalTypeAnnotation) {
      return Optional.of(plain(found));
    }
    if (kind instanceof DecimalLogicalTypeAnnotation decimal) {
      return Optional.of(decimal)
          .filter(digits -> digits.getPrecision() <= DecimalType.MAX_PRECISION)
          .map(digits -> new DecimalType(digits.getPrecision(), digits.getScale()));
    }
    if (kind instanceof IntLogicalTypeAnnotation number) {
      return number(number);
    }
    if (kind instanceof DateLogicalTypeAnnotation) {
      return Optional.of(new DateType());
    }
    if (kind instanceof TimeLogicalTypeAnnotation time) {
      return time.getUnit() == LogicalTypeAnnotation.TimeUnit.MILLIS
          ? Optional.of(new TimeType(3))
          : Optional.empty();
    }
    return kind instanceof TimestampLogicalTypeAnnotation timestamp
        ? Optional.of(timestamp(timestamp))
        : Optional.empty();
  }

  private static LogicalType plain(PrimitiveType found) {
    return switch (found.getPrimitiveTypeName()) {
      case BOOLEAN -> new BooleanType();
      case INT32 -> new IntType();
      case INT64 -> new BigIntType();
      case INT96 -> new TimestampType(DIGITS_OF_NANOS);
      case FLOAT -> new FloatType();
      case DOUBLE -> new DoubleType();
      case BINARY, FIXED_LEN_BYTE_ARRAY -> new VarBinaryType(VarBinaryType.MAX_LENGTH);
    };
  }

  /** One without a sign needs a wider type, of which Flink reads none from 32 or 64 bits. */
  private static Optional<LogicalType> number(IntLogicalTypeAnnotation number) {
    int bits = number.isSigned() ? number.getBitWidth() : 2 * number.getBitWidth();
    return switch (bits) {
      case Byte.SIZE -> Optional.of(new TinyIntType());
      case Short.SIZE -> Optional.of(new SmallIntType());
      case Integer.SIZE -> Optional.of(new IntType());
      case Long.SIZE -> number.isSigned() ? Optional.of(new BigIntType()) : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** Read in this machine's time zone, an instant is the time that clocks show here. */
  private LogicalType timestamp(TimestampLogicalTypeAnnotation timestamp) {
    int digits =
        switch (timestamp.getUnit()) {
          case MILLIS -> 3;
          case MICROS -> 6;
          case NANOS -> DIGITS_OF_NANOS;
        };
    return utc && timestamp.isAdjustedToUTC()
        ? new LocalZonedTimestampType(digits)
        : new TimestampType(digits);
  }
}
