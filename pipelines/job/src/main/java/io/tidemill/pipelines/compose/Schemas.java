package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSchema.Column;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** Reads what a definition says of a stream's columns. */
final class Schemas {
  private Schemas() {}

  /**
   * The columns.
   *
   * @throws IllegalArgumentException if a file cannot be read or a type is none
   */
  static RecordSchema read(SchemaDefinition schema) {
    if (schema instanceof SchemaDefinition.Columns columns) {
      List<Column> list = new ArrayList<>();
      columns.types().forEach((name, type) -> list.add(new Column(name, type)));
      return RecordSchema.ofColumns(list);
    }
    SchemaDefinition.File file = (SchemaDefinition.File) schema;
    try {
      return RecordSchema.fromAvro(Files.readString(file.path()));
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "schema: " + file.path() + " cannot be read: " + unreadable.getMessage(), unreadable);
    } catch (IllegalArgumentException refused) {
      throw new IllegalArgumentException(file.path() + ": " + refused.getMessage(), refused);
    }
  }

  /** The key that a definition's columns are written under. */
  static String key(SchemaDefinition schema) {
    return schema instanceof SchemaDefinition.Columns ? "columns" : "schema";
  }
}
