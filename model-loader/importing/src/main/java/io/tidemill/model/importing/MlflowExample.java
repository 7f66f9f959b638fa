package io.tidemill.model.importing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType.Kind;
import io.tidemill.model.engine.Engine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The input that a model was logged with in MLflow: a data frame with its columns by name, or the
 * tensors of its inputs.
 *
 * @param folder of {@code MLmodel}
 * @param info what that says of the example; empty if there is none
 */
record MlflowExample(Listing folder, Map<?, ?> info) {
  private static final long MOST_BYTES = 16 << 20;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /**
   * The first rows, as {@link Engine#samples} answers them.
   *
   * @throws RuntimeException if the file cannot be read, or is in none of MLflow's forms
   */
  List<Map<String, Object>> rows(Signature signature) {
    // Newer versions write it a second time, as their server takes it.
    Object name = info.get("serving_input_path");
    if (name == null) {
      name = info.get("artifact_path");
    }
    if (name == null) {
      return List.of();
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Object row : rows(content(String.valueOf(name)))) {
      if (rows.size() < Engine.SAMPLE_ROWS) {
        rows.add(row(row, signature.inputs()));
      }
    }
    return rows;
  }

  private Map<?, ?> content(String name) {
    try {
      if (JSON.readValue(new Listing(folder.file(name)).text(MOST_BYTES), Object.class)
          instanceof Map<?, ?> content) {
        return content;
      }
    } catch (JsonProcessingException malformed) {
      throw new IllegalArgumentException(
          "'%s': %s".formatted(name, malformed.getOriginalMessage()), malformed);
    } catch (IOException e) {
      throw new UncheckedIOException(name + ": " + e, e);
    }
    throw new IllegalArgumentException("'%s' (expected: a JSON object)".formatted(name));
  }

  /** Each a value for the only input, or values by the names of inputs or columns. */
  private static List<?> rows(Map<?, ?> content) {
    if (content.get("dataframe_split") instanceof Map<?, ?> table) {
      return table(table);
    }
    if (content.get("dataframe_records") instanceof List<?> records) {
      return records;
    }
    if (content.get("instances") instanceof List<?> instances) {
      return instances;
    }
    if (content.containsKey("inputs")) {
      return content.get("inputs") instanceof Map<?, ?> tensors
          ? transposed(tensors)
          : list(content.get("inputs"));
    }
    // A sparse matrix has data too.
    if (content.containsKey("data") && !content.containsKey("indptr")) {
      return table(content);
    }
    throw new IllegalArgumentException(
        "keys %s (expected: columns and data, dataframe_split, dataframe_records, inputs or instances)"
            .formatted(content.keySet()));
  }

  private static List<?> table(Map<?, ?> table) {
    List<?> data = list(table.get("data"));
    if (!(table.get("columns") instanceof List<?> columns)) {
      return data;
    }
    List<Object> rows = new ArrayList<>();
    for (Object values : data) {
      List<?> cells = list(values);
      if (cells.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row of %d values (expected: %d)".formatted(cells.size(), columns.size()));
      }
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      for (int i = 0; i < columns.size(); i++) {
        row.put(String.valueOf(columns.get(i)), cells.get(i));
      }
      rows.add(row);
    }
    return rows;
  }

  /** Rows of what is a list for each input. */
  private static List<?> transposed(Map<?, ?> tensors) {
    int count = tensors.values().stream().mapToInt(values -> list(values).size()).min().orElse(0);
    List<Object> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      int place = i;
      tensors.forEach((name, values) -> row.put(String.valueOf(name), list(values).get(place)));
      rows.add(row);
    }
    return rows;
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : value == null ? List.of() : List.of(value);
  }

  /** The columns of a data frame are the elements of a model's only input, unless it names one. */
  private static Map<String, Object> row(Object said, List<TensorSpec> inputs) {
    Map<?, ?> values = said instanceof Map<?, ?> map ? map : Map.of();
    Map<String, Object> row = new LinkedHashMap<>();
    for (TensorSpec input : inputs) {
      Object value = values.get(input.name());
      if (value == null && inputs.size() == 1) {
        value = values.isEmpty() ? said : new ArrayList<>(values.values());
      }
      if (value != null) {
        row.put(input.name(), input.type().kind() == Kind.FLOAT ? missing(value) : value);
      }
    }
    return row;
  }

  /** Pandas writes null for NaN. */
  private static Object missing(@Nullable Object value) {
    return value == null
        ? Float.NaN
        : value instanceof List<?> list
            ? list.stream().map(MlflowExample::missing).toList()
            : value;
  }
}
