package io.tidemill.pipelines.compose;

import io.tidemill.connectors.problem.InvalidSchemaException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSchema.Column;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads what a definition says of a stream's columns. Immutable.
 *
 * @param part whose columns they are
 */
record SchemaReading(String part, SchemaDefinition schema) {
  /** The columns; empty where a file cannot be read or a type is none. */
  Optional<RecordSchema> read(PlanProblems problems) {
    if (schema instanceof SchemaDefinition.Columns columns) {
      List<Column> all =
          columns.types().entrySet().stream()
              .map(column -> new Column(column.getKey(), column.getValue()))
              .toList();
      // Each for itself, as each has a place of its own in the file.
      long right = all.stream().filter(column -> isRight(column, problems)).count();
      return right == all.size() ? Optional.of(RecordSchema.ofColumns(all)) : Optional.empty();
    }
    Path file = ((SchemaDefinition.File) schema).path();
    return problems.collect(part + ".schema", () -> fromAvro(file));
  }

  private boolean isRight(Column column, PlanProblems problems) {
    return problems
        .collect(part + ".columns." + column.name(), () -> RecordSchema.ofColumns(List.of(column)))
        .isPresent();
  }

  private static RecordSchema fromAvro(Path file) {
    try {
      return RecordSchema.fromAvro(Files.readString(file));
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "schema: " + file + " cannot be read: " + unreadable.getMessage(), unreadable);
    } catch (InvalidSchemaException refused) {
      throw new InvalidSchemaException(
          refused.problems().stream().map(problem -> file + ": " + problem).toList());
    } catch (IllegalArgumentException refused) {
      throw new IllegalArgumentException(file + ": " + refused.getMessage(), refused);
    }
  }
}
