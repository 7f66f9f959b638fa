package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a source, a sink or a dead-letter sink. */
final class ConnectorReading {
  private static final String SCHEMA = "schema";
  private static final String COLUMNS = "columns";

  /** Of files, in Flink's connector for them. */
  private static final String PATH = "path";

  private final Document document;

  ConnectorReading(Document document) {
    this.document = document;
  }

  Optional<ConnectorDefinition> source(Section section) {
    if (!section.has(SCHEMA) && !section.has(COLUMNS)) {
      section.required(SCHEMA, "a schema file, or 'columns' with names and types");
    }
    return read(section);
  }

  Optional<ConnectorDefinition> deadLetter(Section section) {
    String reason = "dead letters have columns of their own";
    section.refuse(SCHEMA, reason);
    section.refuse(COLUMNS, reason);
    return read(section);
  }

  /** Reads a connector whose schema may be given or not, as a sink's. */
  Optional<ConnectorDefinition> read(Section section) {
    int problemsBefore = document.problemCount();
    section.required(ConnectorDefinition.CONNECTOR, "a connector's name such as kafka");
    Map<String, String> options = section.texts(SCHEMA, COLUMNS);
    options.computeIfPresent(PATH, (key, path) -> document.beside(path));
    SchemaDefinition schema = schema(section);
    return document.problemCount() > problemsBefore
        ? Optional.empty()
        : Optional.of(new ConnectorDefinition(options, schema));
  }

  private static @Nullable SchemaDefinition schema(Section section) {
    if (section.has(SCHEMA) && section.has(COLUMNS)) {
      section.report(COLUMNS, "given beside 'schema' (expected: one of the two)");
    }
    if (!section.has(COLUMNS)) {
      return section
          .optional(SCHEMA, section::file)
          .<SchemaDefinition>map(SchemaDefinition.File::new)
          .orElse(null);
    }
    return section
        .section(COLUMNS, COLUMNS)
        .map(columns -> columns.texts())
        .flatMap(types -> section.checked(COLUMNS, () -> new SchemaDefinition.Columns(types)))
        .orElse(null);
  }
}
