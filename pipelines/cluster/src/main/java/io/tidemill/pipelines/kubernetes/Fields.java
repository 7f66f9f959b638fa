package io.tidemill.pipelines.kubernetes;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fields of an object in their order, some with a comment above them. Not thread-safe. */
final class Fields {
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> comments = new LinkedHashMap<>();

  static Fields of(String key, Object value) {
    return new Fields().and(key, value);
  }

  /** Adds a field; a text, a number, a boolean, a list, or fields of its own. */
  Fields and(String key, Object value) {
    values.put(key, value);
    return this;
  }

  /** Adds a field if there is a value for it. */
  Fields maybe(String key, @Nullable Object value) {
    return value == null ? this : and(key, value);
  }

  /**
   * Adds a field that a person may want to change.
   *
   * @param comment lines above it
   */
  Fields and(String key, Object value, String comment) {
    comments.put(key, comment);
    return and(key, value);
  }

  Fields andAll(Map<String, String> texts) {
    values.putAll(texts);
    return this;
  }

  Map<String, Object> values() {
    return values;
  }

  /** Lines above fields, by their keys. */
  Map<String, String> comments() {
    return comments;
  }
}
