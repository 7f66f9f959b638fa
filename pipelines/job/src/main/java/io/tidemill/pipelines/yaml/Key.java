package io.tidemill.pipelines.yaml;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.model.store.ByteSize;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.flink.util.TimeUtils;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A key of a job's file, said once for its reader and for editors. Immutable.
 *
 * @param expected what a message says where the key is missing; empty if it may be
 * @param schema what an editor is told of its value
 * @param reading reads its value, or reports to its section what is wrong with it
 */
record Key<T>(
    String name, String expected, Schema schema, BiFunction<Section, Node, Optional<T>> reading) {

  static <T> Key<T> of(
      String name,
      String description,
      Schema schema,
      BiFunction<Section, Node, Optional<T>> reading) {
    return new Key<>(name, "", Schema.of("description", description).and(schema), reading);
  }

  /** One value that {@code parse} reads, which refuses by its exception. */
  static <T> Key<T> scalar(
      String name, String description, Schema schema, Function<String, T> parse) {
    return of(name, description, schema, (section, node) -> section.scalar(name, node, parse));
  }

  /** One value, or several in a list. */
  static Key<List<String>> texts(String name, String description) {
    return of(
        name,
        description,
        Schema.either(Schema.SCALAR, Schema.list(Schema.SCALAR)),
        (section, node) -> Optional.of(section.texts(name, node)));
  }

  /** A mapping. */
  static Key<Section> section(String name, String description, Keys keys) {
    return of(
        name,
        description,
        keys.schema(),
        (section, node) -> section.section(name, node, section.nameOf(name), keys));
  }

  static Key<Integer> number(String name, String description, int least, int most) {
    return scalar(
        name,
        description,
        Schema.form("[+-]?\\d+", "integer", "string").and("minimum", least).and("maximum", most),
        Key::wholeNumber);
  }

  private static int wholeNumber(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException notWhole) {
      throw new IllegalArgumentException("'" + text + "' (expected: a whole number)", notWhole);
    }
  }

  static Key<Duration> duration(String name, String description, Duration otherwise) {
    return scalar(
            name,
            description + ", as in 20ms, 10s, 1min or PT1S",
            Schema.form("\\s*(?:" + Quantity.FORM + ")\\s*", "string"),
            text -> Quantity.duration(name, text))
        .otherwise(TimeUtils.formatWithHighestUnit(otherwise).replace(" ", ""));
  }

  static Key<Long> bytes(String name, String description) {
    return scalar(
        name,
        description + ", as in 4mb or 1048576",
        Schema.form("\\s*" + ByteSize.FORM + "\\s*", "number", "string").and("minimum", 1),
        text -> ByteSize.parse(text).bytes());
  }

  /** Whether something is so; YAML's other words for it are refused. */
  static Key<Boolean> flag(String name, String description) {
    return scalar(
        name,
        description,
        Schema.form("true|false", "boolean", "string"),
        text -> {
          if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("'" + text + "' (expected: true or false)");
          }
          return Boolean.valueOf(text);
        });
  }

  /** One of an enum's words, in lower case with hyphens. */
  static <E extends Enum<E>> Key<E> choice(String name, String description, E otherwise) {
    Map<String, E> words = new LinkedHashMap<>();
    for (E value : otherwise.getDeclaringClass().getEnumConstants()) {
      words.put(word(value), value);
    }
    return scalar(
            name,
            description,
            Schema.choice(List.copyOf(words.keySet())),
            text -> {
              E value = words.get(text);
              if (value == null) {
                throw new IllegalArgumentException(
                    "'" + text + "' " + new Suggestion(text, words.keySet()));
              }
              return value;
            })
        .otherwise(word(otherwise));
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The same key, which must be there. */
  Key<T> required(String expected) {
    return new Key<>(name, expected, schema, reading);
  }

  /** The same key, with what holds where it is absent. */
  Key<T> otherwise(Object value) {
    return new Key<>(name, expected, schema.and("default", value), reading);
  }
}
