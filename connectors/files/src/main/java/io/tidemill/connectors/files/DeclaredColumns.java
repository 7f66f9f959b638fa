package io.tidemill.connectors.files;

import static org.apache.flink.util.Preconditions.checkArgument;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.vector.ParquetSplitReaderUtil;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * The columns that a Parquet file must have, of types that Flink reads as they are declared: it
 * takes one that is not there for nulls, and of another type it says no name.
 *
 * @param columns that are in the files
 * @param mayBeMissing whether one that is not there is null in every row of the file
 */
record DeclaredColumns(RowType columns, boolean mayBeMissing) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Those of the types of whole numbers. */
  private static final Map<LogicalTypeRoot, Integer> BITS =
      Map.of(
          LogicalTypeRoot.TINYINT, Byte.SIZE,
          LogicalTypeRoot.SMALLINT, Short.SIZE,
          LogicalTypeRoot.INTEGER, Integer.SIZE,
          LogicalTypeRoot.BIGINT, Long.SIZE);

  /**
   * Checks those of a file.
   *
   * @throws RecordFailureException if they are not as declared
   */
  void check(Path file, MessageType schema) {
    for (RowType.RowField declared : columns.getFields()) {
      if (schema.containsField(declared.getName())) {
        Type found = schema.getType(declared.getName());
        checkWithin(file, declared.getName(), declared.getType(), found);
        checkType(file, declared.getType(), found);
      } else if (!mayBeMissing || !declared.getType().isNullable()) {
        throw new MissingColumn(
                file,
                declared,
                schema.getFields().stream().map(Type::getName).toList(),
                Optional.of(ParquetOptions.MAY_LACK_COLUMNS))
            .failure();
      }
    }
  }

  /**
   * Checks that rows within a column have what is declared of them: Flink says no name, and reads
   * no nulls there. What is of another type is told as such.
   */
  private static void checkWithin(Path file, String name, LogicalType declared, Type found) {
    if (found.isPrimitive()) {
      return;
    }
    GroupType group = found.asGroupType();
    if (declared instanceof RowType row) {
      List<String> there = group.getFields().stream().map(Type::getName).toList();
      for (RowType.RowField field : row.getFields()) {
        String inFile =
            there.stream().filter(field.getName()::equalsIgnoreCase).findFirst().orElse(null);
        String within = name + "." + field.getName();
        if (inFile == null) {
          throw new MissingColumn(
                  file,
                  new RowType.RowField(within, field.getType()),
                  there.stream().map(one -> name + "." + one).toList(),
                  Optional.empty())
              .failure();
        }
        checkWithin(file, within, field.getType(), group.getType(inFile));
      }
    } else if (declared instanceof ArrayType list && group.getFieldCount() == 1) {
      checkWithin(file, name, list.getElementType(), element(group));
    } else if (declared instanceof MapType map
        && group.getFieldCount() == 1
        && !group.getType(0).isPrimitive()
        && group.getType(0).asGroupType().getFieldCount() == 2) {
      GroupType entry = group.getType(0).asGroupType();
      checkWithin(file, name, map.getKeyType(), entry.getType(0));
      checkWithin(file, name, map.getValueType(), entry.getType(1));
    }
  }

  /** As Flink finds it: some writers have no group around it. */
  private static Type element(GroupType list) {
    Type repeated = list.getType(0);
    boolean around =
        !repeated.isPrimitive()
            && repeated.asGroupType().getFieldCount() == 1
            && !repeated.getName().equals("array")
            && !repeated.getName().equals(list.getName() + "_tuple");
    return around ? repeated.asGroupType().getType(0) : repeated;
  }

  private static void checkType(Path file, LogicalType declared, Type found) {
    // Flink would take the values within it for rows.
    if (isNested(found) && declared.getChildren().isEmpty()) {
      throw otherwise(file, declared, found, null);
    }
    try {
      // Flink's own check, which it makes of all columns together.
      ParquetSplitReaderUtil.createWritableColumnVector(
          1, declared, found, new MessageType("column", found).getColumns(), 0);
      NestedReader.values(declared, found)
          .forEach(
              value ->
                  checkArgument(
                      isReadAs(value.getType(), value.getDescriptor().getPrimitiveType()),
                      "Unexpected value: %s",
                      value.getDescriptor()));
    } catch (RuntimeException e) {
      throw otherwise(file, declared, found, e);
    }
    if (ListReader.reads(declared) && ListReader.element(found).isEmpty()) {
      throw otherwise(file, declared, found, null);
    }
  }

  /** Whether Flink does not take a value for another one, of which it says nothing. */
  private static boolean isReadAs(LogicalType declared, PrimitiveType found) {
    return !isOfOtherDigits(declared, found)
        && !isNoTime(declared, found)
        && !mayBeNegative(declared, found);
  }

  private static boolean isNested(Type found) {
    return !found.isPrimitive() || found.isRepetition(Type.Repetition.REPEATED);
  }

  private static boolean isOfOtherDigits(LogicalType declared, PrimitiveType found) {
    return declared instanceof DecimalType decimal
        && found.getLogicalTypeAnnotation() instanceof DecimalLogicalTypeAnnotation digits
        && (digits.getScale() != decimal.getScale()
            || digits.getPrecision() > decimal.getPrecision());
  }

  /** Flink looks for the unit of a number that has none. */
  private static boolean isNoTime(LogicalType declared, PrimitiveType found) {
    return declared.is(LogicalTypeFamily.TIMESTAMP)
        && found.getPrimitiveTypeName() == PrimitiveTypeName.INT64
        && !(found.getLogicalTypeAnnotation() instanceof TimestampLogicalTypeAnnotation);
  }

  /** Flink reads numbers without a sign as those of its types, which have one. */
  private static boolean mayBeNegative(LogicalType declared, PrimitiveType found) {
    return found.getLogicalTypeAnnotation() instanceof IntLogicalTypeAnnotation number
        && !number.isSigned()
        && BITS.getOrDefault(declared.getTypeRoot(), 0) <= number.getBitWidth();
  }

  private static RecordFailureException otherwise(
      Path file, LogicalType declared, Type found, @Nullable Throwable cause) {
    return new RecordFailureException(
        "%s: column '%s': '%s' (expected: what is read as %s, as it is declared; declare it as it is in the file)"
            .formatted(
                file,
                found.getName(),
                found.toString().replaceAll("\\s+", " "),
                declared.asSummaryString()),
        cause);
  }
}
