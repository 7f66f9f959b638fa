package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads a source, a sink or a dead-letter sink. */
final class ConnectorReading {
  private static final String SCHEMA = "schema";
  private static final String COLUMNS = "columns";

  private final Document document;
  private final Section section;

  private ConnectorReading(Document document, Section section) {
    this.document = document;
    this.section = section;
  }

  static Optional<ConnectorDefinition> source(Document document, Section section) {
    if (!section.has(SCHEMA) && !section.has(COLUMNS)) {
      section.required(SCHEMA, "a schema file, or 'columns' with names and types");
    }
    return new ConnectorReading(document, section).read();
  }

  static Optional<ConnectorDefinition> sink(Document document, Section section) {
    return new ConnectorReading(document, section).read();
  }

  static Optional<ConnectorDefinition> deadLetter(Document document, Section section) {
    String reason = "dead letters have columns of their own";
    section.refuse(SCHEMA, reason);
    section.refuse(COLUMNS, reason);
    return new ConnectorReading(document, section).read();
  }

  private Optional<ConnectorDefinition> read() {
    int problemsBefore = document.problemCount();
    section.required(
        ConnectorDefinition.CONNECTOR, "a connector's name such as kafka", Function.identity());
    Map<String, String> options = new LinkedHashMap<>();
    for (String key : section.keys()) {
      if (!key.equals(SCHEMA) && !key.equals(COLUMNS)) {
        section.optional(key, Function.identity()).ifPresent(value -> options.put(key, value));
      }
    }
    SchemaDefinition schema = schema();
    if (document.problemCount() > problemsBefore) {
      return Optional.empty();
    }
    return Optional.of(new ConnectorDefinition(options, schema));
  }

  private @Nullable SchemaDefinition schema() {
    if (section.has(SCHEMA) && section.has(COLUMNS)) {
      section.report(COLUMNS, "given beside 'schema' (expected: one of the two)");
    }
    if (section.has(COLUMNS)) {
      return section.section(COLUMNS, COLUMNS).flatMap(this::columns).orElse(null);
    }
    return section.optional(SCHEMA, this::schemaFile).orElse(null);
  }

  private SchemaDefinition schemaFile(String text) {
    Path path = document.resolve(text);
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(
          "'" + text + "': there is no file " + path + " (expected: relative to the job's file)");
    }
    return new SchemaDefinition.File(path);
  }

  private Optional<SchemaDefinition> columns(Section columns) {
    Map<String, String> types = new LinkedHashMap<>();
    for (String name : columns.keys()) {
      columns.optional(name, Function.identity()).ifPresent(type -> types.put(name, type));
    }
    try {
      return Optional.of(new SchemaDefinition.Columns(types));
    } catch (IllegalArgumentException refused) {
      section.report(COLUMNS, String.valueOf(refused.getMessage()));
      return Optional.empty();
    }
  }
}
