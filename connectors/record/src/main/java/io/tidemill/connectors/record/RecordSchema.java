package io.tidemill.connectors.record;

import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.problem.InvalidSchemaException;
import io.tidemill.connectors.problem.Suggestion;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * The value fields of a stream, without its origin. Immutable.
 *
 * @param rowType the fields, with the nullability that their author gave them
 * @param written the Avro schema that the fields were read from: several give the same fields, and
 *     the bytes of a record follow one of them
 */
public record RecordSchema(RowType rowType, Optional<AvroSchema> written) {
  private static final Pattern NOT_OF_A_WORD = Pattern.compile("\\W");

  /** Words with which types begin. */
  private static final List<String> TYPES =
      List.of(
          "BOOLEAN",
          "TINYINT",
          "SMALLINT",
          "INT",
          "BIGINT",
          "FLOAT",
          "DOUBLE",
          "DECIMAL",
          "STRING",
          "CHAR",
          "VARCHAR",
          "BYTES",
          "BINARY",
          "VARBINARY",
          "DATE",
          "TIME",
          "TIMESTAMP",
          "TIMESTAMP_LTZ",
          "ARRAY",
          "MAP",
          "ROW");

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
   * @throws IllegalArgumentException if it is no record, or with each field that Flink cannot keep
   */
  public static RecordSchema fromAvro(String avscJson) {
    AvroSchema avro = AvroSchema.parse(avscJson);
    return new RecordSchema(avro.rowType(), Optional.of(avro));
  }

  /**
   * Reads a list of names and SQL types.
   *
   * @throws InvalidSchemaException naming each type that is none
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
                          + "' ("
                          + meant(column.type())
                          + "expected: a SQL type of Flink such as DOUBLE, STRING or"
                          + " ARRAY<FLOAT>)"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidSchemaException(problems);
    }
    return of(new RowType(false, fields));
  }

  private static String meant(String type) {
    String word = NOT_OF_A_WORD.split(type.toUpperCase(Locale.ROOT), 2)[0];
    return TYPES.contains(word) ? "" : new Suggestion(word, TYPES).meant();
  }

  /** The fields as a list of names and SQL types. */
  public List<Column> columns() {
    return rowType.getFields().stream()
        .map(field -> new Column(field.getName(), field.getType().asSummaryString()))
        .toList();
  }

  /** The same fields and more behind them. */
  public RecordSchema plus(List<RowType.RowField> more) {
    List<RowType.RowField> fields = new ArrayList<>(rowType.getFields());
    fields.addAll(more);
    return new RecordSchema(new RowType(false, fields), written.flatMap(avro -> plus(avro, more)));
  }

  private static Optional<AvroSchema> plus(AvroSchema avro, List<RowType.RowField> more) {
    try {
      return Optional.of(more.isEmpty() ? avro : avro.plus(more));
    } catch (IllegalArgumentException notOfAvro) {
      // Only a reader or writer of Avro minds, and refuses the whole schema with the cause.
      return Optional.empty();
    }
  }

  /**
   * The Avro schema of the bytes that the format {@code avro} reads and writes.
   *
   * @throws IllegalArgumentException if Avro has no such type
   */
  public AvroSchema avro() {
    return written.orElseGet(() -> AvroSchema.of(rowType));
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
