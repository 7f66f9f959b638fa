package io.tidemill.pipelines.yaml;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.model.store.ByteSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.NodeType;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One mapping of a file. Whatever is wrong with it is reported to the document; what cannot be read
 * answers empty, so that reading goes on to the next problem.
 */
final class Section {
  private static final String CORE_TAGS = "tag:yaml.org,2002:";

  private final Document document;
  private final Node node;
  private final String name;
  private final String path;
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Map<String, Node> values = new LinkedHashMap<>();

  private Section(Document document, MappingNode node, String name, String path) {
    this.document = document;
    this.node = node;
    this.name = name;
    this.path = path;
    document.remember(path, node);
    for (NodeTuple tuple : node.getValue()) {
      add(tuple);
    }
  }

  /**
   * Reads a node as a mapping.
   *
   * @param name what messages call it
   * @param path its path among the document's locations; empty for the whole
   */
  static Optional<Section> of(Document document, Node node, String name, String path) {
    if (node instanceof MappingNode mapping) {
      return Optional.of(new Section(document, mapping, name, path));
    }
    document.report(node, "%s: %s (expected: keys and values)", name, form(node));
    return Optional.empty();
  }

  private void add(NodeTuple tuple) {
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      document.report(tuple.getKeyNode(), "%s: a key that is not text (expected: text)", name);
      return;
    }
    Node first = keys.get(key.getValue());
    if (first != null) {
      document.report(
          key,
          "duplicate key '%s' in %s (first at %s)",
          key.getValue(),
          name,
          document.location(first));
      return;
    }
    keys.put(key.getValue(), key);
    values.put(key.getValue(), tuple.getValueNode());
    document.remember(pathOf(key.getValue()), tuple.getValueNode());
  }

  /** Reports every key that is none of these. */
  void allowOnly(List<String> allowed) {
    keys.forEach(
        (key, keyNode) -> {
          if (!allowed.contains(key)) {
            document.report(
                keyNode, "unknown key '%s' in %s %s", key, name, new Suggestion(key, allowed));
          }
        });
  }

  /** Reports the key if it is here. */
  void refuse(String key, String reason) {
    Node keyNode = keys.get(key);
    if (keyNode != null) {
      document.report(keyNode, "unknown key '%s' in %s (%s)", key, name, reason);
    }
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  List<String> keys() {
    return List.copyOf(values.keySet());
  }

  /** The value of a key that must be there. */
  Optional<Node> required(String key, String expected) {
    Node value = values.get(key);
    if (value == null) {
      document.report(node, "missing key '%s' in %s (expected: %s)", key, name, expected);
    }
    return Optional.ofNullable(value);
  }

  /** The value of a key, or of no key. */
  Optional<Node> optional(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** A scalar that must be there, read by {@code parse}, which refuses by its exception. */
  <T> Optional<T> required(String key, String expected, Function<String, T> parse) {
    return required(key, expected).flatMap(value -> scalar(key, value, parse));
  }

  /** A scalar or, where its key is absent, the default; the default also where it is refused. */
  <T> T optional(String key, T otherwise, Function<String, T> parse) {
    return optional(key, parse).orElse(otherwise);
  }

  /** A scalar, if its key is there. */
  <T> Optional<T> optional(String key, Function<String, T> parse) {
    return optional(key).flatMap(value -> scalar(key, value, parse));
  }

  /** A value with the whole number that is written here; as it was where none is, or is refused. */
  <T> T number(String key, T value, BiFunction<T, Integer, T> change) {
    return changed(key, value, Section::wholeNumber, change);
  }

  /** The same with a duration. */
  <T> T duration(String key, T value, BiFunction<T, Duration, T> change) {
    return changed(key, value, text -> Quantity.duration(key, text), change);
  }

  /** The same with a number of bytes. */
  <T> T bytes(String key, T value, BiFunction<T, Long, T> change) {
    return changed(key, value, text -> ByteSize.parse(text).bytes(), change);
  }

  private <T, V> T changed(
      String key, T value, Function<String, V> parse, BiFunction<T, V, T> change) {
    return optional(key, value, text -> change.apply(value, parse.apply(text)));
  }

  private static int wholeNumber(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException notWhole) {
      throw new IllegalArgumentException("'" + text + "' (expected: a whole number)", notWhole);
    }
  }

  /** One of an enum's words, in lower case with hyphens; the default where the key is absent. */
  <E extends Enum<E>> E choice(String key, E otherwise) {
    Map<String, E> words = new LinkedHashMap<>();
    for (E value : otherwise.getDeclaringClass().getEnumConstants()) {
      words.put(value.name().toLowerCase(Locale.ROOT).replace('_', '-'), value);
    }
    return optional(
        key,
        otherwise,
        text -> {
          E value = words.get(text);
          if (value == null) {
            throw new IllegalArgumentException(
                "'" + text + "' " + new Suggestion(text, words.keySet()));
          }
          return value;
        });
  }

  /** A mapping, if its key is there. */
  Optional<Section> section(String key, String sectionName) {
    return optional(key).flatMap(value -> of(document, value, sectionName, pathOf(key)));
  }

  /** A mapping that must be there. */
  Optional<Section> requiredSection(String key, String sectionName, String expected) {
    return required(key, expected).flatMap(value -> of(document, value, sectionName, pathOf(key)));
  }

  /** A list of scalars, or one scalar alone. */
  List<String> texts(String key, Node value) {
    List<String> texts = new ArrayList<>();
    if (value instanceof SequenceNode sequence) {
      List<Node> items = sequence.getValue();
      for (int i = 0; i < items.size(); i++) {
        document.remember(pathOf(key) + "[" + i + "]", items.get(i));
        scalar(key, items.get(i), Function.identity()).ifPresent(texts::add);
      }
      if (items.isEmpty()) {
        document.report(value, "%s: %s: an empty list (expected: >= 1 value)", name, key);
      }
    } else {
      scalar(key, value, Function.identity()).ifPresent(texts::add);
    }
    return texts;
  }

  /** The text of a scalar with its variables replaced, as {@code parse} reads it. */
  <T> Optional<T> scalar(String key, Node value, Function<String, T> parse) {
    if (!(value instanceof ScalarNode scalar)) {
      document.report(value, "%s: %s: %s (expected: one value)", name, key, form(value));
      return Optional.empty();
    }
    if (scalar.getTag().equals(Tag.NULL)) {
      document.report(value, "%s: %s: nothing (expected: a value)", name, key);
      return Optional.empty();
    }
    // The parser itself gives the second tag to a plain scalar that is one variable.
    if (!scalar.getTag().getValue().startsWith(CORE_TAGS) && !scalar.getTag().equals(Tag.ENV_TAG)) {
      document.report(value, "%s: %s: tag '%s' (expected: no tag)", name, key, scalar.getTag());
      return Optional.empty();
    }
    try {
      return Optional.of(parse.apply(document.variables().substitute(scalar.getValue())));
    } catch (IllegalArgumentException refused) {
      document.report(value, "%s: %s", name, about(key, String.valueOf(refused.getMessage())));
      return Optional.empty();
    }
  }

  /** Whether a scalar says so; YAML's other words for it are refused. */
  Optional<Boolean> flag(String key) {
    return optional(
        key,
        text -> {
          if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("'" + text + "' (expected: true or false)");
          }
          return Boolean.valueOf(text);
        });
  }

  /** Every key with its text, but for those that are something else. */
  Map<String, String> texts(String... others) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String key : keys()) {
      if (!List.of(others).contains(key)) {
        optional(key, Function.<String>identity()).ifPresent(text -> texts.put(key, text));
      }
    }
    return texts;
  }

  /** A file that is there, by its path from the folder of the job's file. */
  Path file(String text) {
    Path path = document.resolve(text);
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(
          "'" + text + "': there is no file " + path + " (expected: relative to the job's file)");
    }
    return path;
  }

  /** What a value makes of values that could be read, unless its making refuses. */
  <T> Optional<T> checked(String key, Supplier<T> making) {
    try {
      return Optional.of(making.get());
    } catch (IllegalArgumentException refused) {
      report(key, "%s", String.valueOf(refused.getMessage()));
      return Optional.empty();
    }
  }

  /** Reports a problem of a value that could be read. */
  @FormatMethod
  void report(String key, @FormatString String message, Object... arguments) {
    document.report(
        values.getOrDefault(key, node), "%s: %s", name, about(key, message.formatted(arguments)));
  }

  private static String about(String key, String message) {
    return message.startsWith(key + ":") ? message : key + ": " + message;
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String form(Node node) {
    NodeType type = node.getNodeType();
    return switch (type) {
      case MAPPING -> "keys and values";
      case SEQUENCE -> "a list";
      case SCALAR ->
          node.getTag().equals(Tag.NULL) ? "nothing" : "'" + ((ScalarNode) node).getValue() + "'";
      case ANCHOR -> "an anchor";
    };
  }
}
