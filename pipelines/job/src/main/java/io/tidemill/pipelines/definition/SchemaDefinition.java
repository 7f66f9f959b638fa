package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where the columns of a stream are written down. */
public sealed interface SchemaDefinition {

  /**
   * A schema file, such as Avro's {@code .avsc}.
   *
   * @param path absolute, or relative to the working directory
   */
  record File(Path path) implements SchemaDefinition {
    public File {
      requireNonNull(path, "path");
    }
  }

  /** Columns by name in their order, each with its SQL type such as {@code DOUBLE NOT NULL}. */
  record Columns(Map<String, String> types) implements SchemaDefinition {
    public Columns {
      types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
      if (types.isEmpty()) {
        throw new IllegalArgumentException("columns: none (expected: >= 1)");
      }
      types.forEach(
          (name, type) -> {
            Names.checkText("column name", name);
            Names.checkText("type of column '" + name + "'", type);
          });
    }
  }
}
