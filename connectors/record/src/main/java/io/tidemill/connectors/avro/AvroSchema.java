package io.tidemill.connectors.avro;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Resolver;
import org.apache.avro.Schema;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The schema of a record, and the rows that it gives. Immutable.
 *
 * @param json the schema itself, which the bytes of a record follow exactly
 * @param rowType its fields, as Flink calls them
 */
public record AvroSchema(String json, RowType rowType) {
  /**
   * Reads a schema, the text of an {@code .avsc} file.
   *
   * @throws IllegalArgumentException if it is no record, or with each field that Flink cannot keep
   */
  public static AvroSchema parse(String avscJson) {
    Schema schema;
    try {
      schema = new Schema.Parser().parse(avscJson);
    } catch (AvroRuntimeException | NullPointerException | StackOverflowError e) {
      // Avro's parser answers a type that is not defined with a NullPointerException.
      throw new IllegalArgumentException("Avro schema: does not parse: " + e.getMessage(), e);
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw new IllegalArgumentException(
          "Avro schema: " + schema.getType().getName() + " (expected: a record)");
    }
    AvroType type = new AvroTypes(schema.getFullName()).of(schema, null);
    return new AvroSchema(schema.toString(), (RowType) type.type());
  }

  /**
   * The schema of fields that were written without one.
   *
   * @throws IllegalArgumentException if Avro has no such type
   */
  public static AvroSchema of(RowType rowType) {
    return new AvroSchema(converted(rowType, false).toString(), rowType);
  }

  /**
   * The same, in which times without a zone are instants in UTC, as older readers know no others.
   *
   * @throws IllegalArgumentException if Avro has no such type
   */
  public static AvroSchema withInstants(RowType rowType) {
    return new AvroSchema(converted(rowType, true).toString(), rowType);
  }

  private static Schema converted(RowType rowType, boolean instants) {
    try {
      return AvroSchemaConverter.convertToSchema(rowType.copy(false), instants);
    } catch (UnsupportedOperationException | ValidationException | AvroRuntimeException e) {
      throw new IllegalArgumentException("Avro schema: " + e.getMessage(), e);
    }
  }

  /**
   * The same fields as they were written, and more behind them.
   *
   * @throws IllegalArgumentException if Avro has no such type or name
   */
  public AvroSchema plus(List<RowType.RowField> more) {
    Schema own = parsed();
    Schema added = converted(new RowType(false, more), false);
    List<Schema.Field> fields = new ArrayList<>();
    own.getFields().forEach(field -> fields.add(new Schema.Field(field, field.schema())));
    added.getFields().forEach(field -> fields.add(new Schema.Field(field, field.schema())));
    List<RowType.RowField> rowFields = new ArrayList<>(rowType.getFields());
    rowFields.addAll(more);
    Schema all =
        Schema.createRecord(own.getName(), own.getDoc(), own.getNamespace(), false, fields);
    return new AvroSchema(all.toString(), new RowType(false, rowFields));
  }

  /** A decoder of the bytes of such a record, and of no others. */
  public DeserializationSchema<RowData> decoder() {
    return new AvroDecoder(this);
  }

  /** An encoder of rows of {@link #rowType()}. */
  public AvroEncoder encoder() {
    return new AvroEncoder(this);
  }

  /** A reader of the bytes of such a record, and of no others. */
  AvroReader reader() {
    return new AvroReader(name(), type().reader());
  }

  /**
   * A reader of bytes that another schema wrote, as rows of {@link #rowType()}.
   *
   * @param written that schema, last, behind those of the types that it names
   * @throws IllegalArgumentException if it does not parse
   */
  public AvroReader readerOf(List<String> written) {
    try {
      Schema.Parser parser = new Schema.Parser().setValidateDefaults(false);
      Schema writer = parsed();
      for (String json : written) {
        writer = parser.parse(json);
      }
      AvroResolution resolution = new AvroResolution(new AvroTypes(name()), "");
      return new AvroReader(name(), resolution.of(Resolver.resolve(writer, parsed()), rowType));
    } catch (AvroRuntimeException | NullPointerException | StackOverflowError e) {
      throw new IllegalArgumentException("Avro schema: does not parse: " + e.getMessage(), e);
    }
  }

  /**
   * A reader of records that a file's schema wrote, as rows of the columns that are asked for, by
   * their names. A nullable one that is not there is null.
   *
   * @throws IllegalArgumentException as {@link #checkColumns}
   */
  public static AvroReader readerOf(Schema written, RowType columns) {
    Schema read = new AvroColumns().read(written, columns.copy(false));
    AvroResolution resolution = new AvroResolution(new AvroTypes(read.getName()), "");
    return new AvroReader(read.getName(), resolution.of(Resolver.resolve(written, read), columns));
  }

  /**
   * Checks that files may have columns of these types.
   *
   * @throws IllegalArgumentException if Avro has no such type or name
   */
  public static void checkColumns(RowType columns) {
    try {
      new AvroColumns().read(null, columns);
    } catch (AvroRuntimeException noName) {
      throw new IllegalArgumentException(
          noName.getMessage() + " (expected: letters, digits and '_', and no digit first)", noName);
    }
  }

  /**
   * The type that keeps what a part of a schema writes.
   *
   * @throws io.tidemill.connectors.problem.InvalidSchemaException if Flink has none
   */
  public static LogicalType typeOf(Schema written) {
    return new AvroTypes(written.getName()).of(written, null).type();
  }

  /** The record's name with its namespace. */
  public String name() {
    return parsed().getFullName();
  }

  AvroType type() {
    return new AvroTypes(name()).of(parsed(), rowType);
  }

  Schema parsed() {
    return new Schema.Parser().parse(json);
  }
}
