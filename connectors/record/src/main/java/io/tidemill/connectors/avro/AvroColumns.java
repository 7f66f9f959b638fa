package io.tidemill.connectors.avro;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.jspecify.annotations.Nullable;

/**
 * The schema with which columns are read that have no schema of their own, of what another one has
 * written: as that one where the column keeps its meaning, and else as Flink has it. Immutable.
 */
record AvroColumns() {
  private static final int MILLIS = 3;
  private static final int MICROS = 6;
  private static final int NANOS = 9;

  /**
   * The schema of a part.
   *
   * @param written null where it was not written
   * @throws IllegalArgumentException if Avro has no such type
   */
  Schema read(@Nullable Schema written, LogicalType type) {
    return read("record", written, type);
  }

  /**
   * The same.
   *
   * @param name of a record that was not written, as Avro knows records by their names
   */
  private Schema read(String name, @Nullable Schema written, LogicalType type) {
    boolean present =
        written != null && !written.isUnion() && written.getType() != Schema.Type.NULL;
    Schema schema = present(name, written, type);
    return present || !type.isNullable()
        ? schema
        : Schema.createUnion(Schema.create(Schema.Type.NULL), schema);
  }

  private Schema present(String name, @Nullable Schema written, LogicalType type) {
    return switch (type.getTypeRoot()) {
      case ROW -> row(name, branch(written, Schema.Type.RECORD), (RowType) type);
      case ARRAY ->
          Schema.createArray(
              read(
                  name,
                  branch(written, Schema.Type.ARRAY).map(Schema::getElementType).orElse(null),
                  type.getChildren().get(0)));
      case MAP ->
          type.getChildren().get(0).is(LogicalTypeFamily.CHARACTER_STRING)
              ? Schema.createMap(
                  read(
                      name,
                      branch(written, Schema.Type.MAP).map(Schema::getValueType).orElse(null),
                      type.getChildren().get(1)))
              : converted(type);
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        int digits = LogicalTypeChecks.getPrecision(type);
        yield branch(written, Schema.Type.LONG)
            .filter(found -> digits(found) <= digits)
            .filter(found -> digits(found) > 0)
            .orElseGet(AvroColumns::millis);
      }
      case DECIMAL ->
          branch(written, Schema.Type.FIXED)
              .or(() -> branch(written, Schema.Type.BYTES))
              .filter(found -> isKept(found, (DecimalType) type))
              .orElseGet(() -> converted(type));
      case BINARY, VARBINARY ->
          branch(written, Schema.Type.FIXED)
              .map(AvroColumns::plain)
              .orElseGet(() -> converted(type));
      default -> converted(type);
    };
  }

  private Schema row(String name, Optional<Schema> written, RowType type) {
    List<Schema.Field> fields = new ArrayList<>();
    for (RowType.RowField field : type.getFields()) {
      Schema.Field found = written.map(record -> record.getField(field.getName())).orElse(null);
      boolean isNull = found == null && field.getType().isNullable();
      fields.add(
          new Schema.Field(
              field.getName(),
              read(
                  name + "_" + fields.size(),
                  found == null ? null : found.schema(),
                  field.getType()),
              null,
              isNull ? Schema.Field.NULL_DEFAULT_VALUE : null));
    }
    return Schema.createRecord(
        written.map(Schema::getFullName).orElse(name), null, null, false, fields);
  }

  private static Optional<Schema> branch(@Nullable Schema written, Schema.Type type) {
    List<Schema> branches =
        written == null ? List.of() : written.isUnion() ? written.getTypes() : List.of(written);
    return branches.stream().filter(branch -> branch.getType() == type).findFirst();
  }

  /** Of the parts of a second that a timestamp counts; 0 for any other. */
  private static int digits(Schema written) {
    org.apache.avro.LogicalType logical = written.getLogicalType();
    return switch (logical == null ? "" : logical.getName()) {
      case "timestamp-millis", "local-timestamp-millis" -> MILLIS;
      case "timestamp-micros", "local-timestamp-micros" -> MICROS;
      case "timestamp-nanos", "local-timestamp-nanos" -> NANOS;
      default -> 0;
    };
  }

  /** Flink's own writer of files has no others. */
  private static Schema millis() {
    return LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
  }

  private static boolean isKept(Schema written, DecimalType type) {
    return written.getLogicalType() instanceof LogicalTypes.Decimal decimal
        && decimal.getScale() == type.getScale()
        && decimal.getPrecision() <= type.getPrecision();
  }

  private static Schema plain(Schema fixed) {
    return Schema.createFixed(fixed.getFullName(), null, null, fixed.getFixedSize());
  }

  private static Schema converted(LogicalType type) {
    try {
      return AvroSchemaConverter.convertToSchema(type.copy(false));
    } catch (UnsupportedOperationException | ValidationException e) {
      throw new IllegalArgumentException("Avro schema: " + e.getMessage(), e);
    }
  }
}
