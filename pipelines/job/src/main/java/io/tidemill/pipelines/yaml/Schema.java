package io.tidemill.pipelines.yaml;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an editor is told of a value, in the words of JSON Schema and in the order in which they are
 * said. Immutable.
 *
 * <p>A value with a variable in it may be anything, as only a run knows what it stands for.
 */
record Schema(Map<String, Object> keywords) {
  /** One value: the reader takes the text of each of them. */
  static final Schema SCALAR = of("type", List.of("string", "number", "boolean"));

  static final Schema NOT_BLANK = SCALAR.and("pattern", "\\S");

  private static final String VARIABLE = "\\$\\{";

  Schema {
    keywords = Collections.unmodifiableMap(new LinkedHashMap<>(keywords));
  }

  static Schema of(String keyword, Object value) {
    return new Schema(Map.of()).and(keyword, value);
  }

  /** A value of these types that has this form where it is text. */
  static Schema form(String form, String... types) {
    return of("type", List.of(types)).and("pattern", whole(form) + "|" + VARIABLE);
  }

  /** A text of this form. */
  static Schema text(String form) {
    return of("type", "string").and("pattern", whole(form));
  }

  private static String whole(String form) {
    return "^(?:" + form + ")$";
  }

  /** One of these words. */
  static Schema choice(List<String> words) {
    return either(of("enum", words), of("type", "string").and("pattern", VARIABLE));
  }

  static Schema either(Schema... these) {
    return of("anyOf", Arrays.stream(these).map(schema -> schema.keywords).toList());
  }

  /** As many of these as there are, but one. */
  static Schema list(Schema item) {
    return of("type", "array").and("items", item).and("minItems", 1);
  }

  Schema and(String keyword, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(keywords);
    more.put(keyword, value instanceof Schema schema ? schema.keywords : value);
    return new Schema(more);
  }

  Schema and(Schema other) {
    Map<String, Object> more = new LinkedHashMap<>(keywords);
    more.putAll(other.keywords);
    return new Schema(more);
  }
}
