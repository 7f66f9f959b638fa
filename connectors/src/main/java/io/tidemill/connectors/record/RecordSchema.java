package io.tidemill.connectors.record;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * The value fields of a stream, without its origin. Immutable.
 *
 * @param rowType the fields, with the nullability that their author gave them
 * @param avro the Avro schema that the fields were read from, as JSON: the bytes of a record follow
 *     it exactly, where several Avro schemas give the same fields
 */
public record RecordSchema(RowType rowType, Optional<String> avro) {
  /** A field's name and its SQL type, as in {@code amount} and {@code DECIMAL(10, 2) NOT NULL}. */
  public record Column(String name, String type) {}

  public RecordSchema {
    Set<String> names = new HashSet<>();
    for (String name : rowType.getFieldNames()) {
      if (name.equals(Origin.COLUMN)) {
        throw new IllegalArgumentException(
            "schema: field '" + name + "' (expected: another name, this one is taken)");
      }
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            "schema: field '" + name + "' is there twice (expected: each name once)");
      }
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("schema: no fields (expected: at least one)");
    }
  }

  public static RecordSchema of(RowType rowType) {
    return new RecordSchema(rowType, Optional.empty());
  }

  /**
   * Reads an Avro schema, the text of an {@code .avsc} file.
   *
   * @throws IllegalArgumentException if it is no record, or has a type that Flink has not
   */
  public static RecordSchema fromAvro(String avscJson) {
    Schema schema;
    try {
      schema = new Schema.Parser().parse(avscJson);
    } catch (AvroRuntimeException | NullPointerException e) {
      // Avro's parser answers a type that is not defined with a NullPointerException.
      throw new IllegalArgumentException("Avro schema: does not parse: " + e.getMessage(), e);
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw new IllegalArgumentException(
          "Avro schema: " + schema.getType().getName() + " (expected: a record)");
    }
    RowType rowType;
    try {
      rowType = (RowType) AvroSchemaConverter.convertToDataType(schema.toString()).getLogicalType();
    } catch (IllegalArgumentException | UnsupportedOperationException | ValidationException e) {
      throw new IllegalArgumentException(
          "Avro schema '" + schema.getFullName() + "': " + e.getMessage(), e);
    }
    for (RowType.RowField field : rowType.getFields()) {
      if (has(field.getType(), LogicalTypeRoot.RAW)) {
        throw new IllegalArgumentException(
            "Avro schema '"
                + schema.getFullName()
                + "': field '"
                + field.getName()
                + "' is "
                + schema.getField(field.getName()).schema()
                + " (expected: no union but that of a type with null)");
      }
    }
    return new RecordSchema(rowType, Optional.of(schema.toString()));
  }

  /**
   * Reads a list of names and SQL types.
   *
   * @throws IllegalArgumentException naming each type that is none
   */
  public static RecordSchema ofColumns(List<Column> columns) {
    List<RowType.RowField> fields = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Column column : columns) {
      parse(column.type())
          .ifPresentOrElse(
              type -> fields.add(new RowType.RowField(column.name(), type)),
              () ->
                  problems.add(
                      "schema: type '"
                          + column.type()
                          + "' of field '"
                          + column.name()
                          + "' (expected: a SQL type of Flink such as DOUBLE, STRING or"
                          + " ARRAY<FLOAT>)"));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
    return of(new RowType(false, fields));
  }

  /** The Avro schema, as JSON, of the bytes that the format {@code avro} reads and writes. */
  public String toAvro() {
    return avro.orElseGet(
        () -> AvroSchemaConverter.convertToSchema(rowType.copy(false)).toString());
  }

  private static Optional<LogicalType> parse(String type) {
    try {
      // The parser takes every other word for the name of a user's type.
      return Optional.of(
              LogicalTypeParser.parse(type, Thread.currentThread().getContextClassLoader()))
          .filter(parsed -> !has(parsed, LogicalTypeRoot.UNRESOLVED));
    } catch (ValidationException e) {
      return Optional.empty();
    }
  }

  private static boolean has(LogicalType type, LogicalTypeRoot root) {
    return type.is(root) || type.getChildren().stream().anyMatch(child -> has(child, root));
  }
}
