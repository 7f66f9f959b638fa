package io.tidemill.pipelines.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys that a mapping may have. Immutable.
 *
 * @param open whether it may have others too
 * @param schema what an editor is told of all of it
 */
record Keys(List<String> names, boolean open, Schema schema) {

  /** These keys and no other. */
  static Keys of(Key<?>... keys) {
    return of(false, List.of(keys), false);
  }

  /** These keys, and others with such a value. */
  static Keys open(Schema value, Key<?>... keys) {
    return of(true, List.of(keys), value);
  }

  private static Keys of(boolean open, List<Key<?>> keys, Object others) {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (Key<?> key : keys) {
      properties.put(key.name(), key.schema().keywords());
      if (!key.expected().isEmpty()) {
        required.add(key.name());
      }
    }
    Schema schema =
        Schema.of("type", "object")
            .and("properties", properties)
            .and("required", required)
            .and("additionalProperties", others);
    return new Keys(List.copyOf(properties.keySet()), open, schema);
  }

  /** The same keys, with one thing more that editors can check. */
  Keys and(String keyword, Object value) {
    return new Keys(names, open, schema.and(keyword, value));
  }
}
