package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
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
    document.report(node, name + ": " + form(node) + " (expected: keys and values)");
    return Optional.empty();
  }

  private void add(NodeTuple tuple) {
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      document.report(tuple.getKeyNode(), name + ": a key that is not text (expected: text)");
      return;
    }
    if (values.containsKey(key.getValue())) {
      document.report(
          key,
          "duplicate key '"
              + key.getValue()
              + "' in "
              + name
              + " (first at "
              + document.location(keys.getOrDefault(key.getValue(), key))
              + ")");
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
                keyNode,
                "unknown key '" + key + "' in " + name + " " + Suggestion.among(key, allowed));
          }
        });
  }

  /** Reports the key if it is here. */
  void refuse(String key, String reason) {
    Node keyNode = keys.get(key);
    if (keyNode != null) {
      document.report(keyNode, "unknown key '" + key + "' in " + name + " (" + reason + ")");
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
      document.report(
          node, "missing key '" + key + "' in " + name + " (expected: " + expected + ")");
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

  /** A value as a scalar changes it; as it was where the key is absent or its scalar is refused. */
  <T> T changed(String key, T value, BiFunction<T, String, T> change) {
    return optional(key, value, text -> change.apply(value, text));
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
                "'" + text + "' " + Suggestion.among(text, words.keySet()));
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
        document.report(value, name + ": " + key + ": an empty list (expected: >= 1 value)");
      }
    } else {
      scalar(key, value, Function.identity()).ifPresent(texts::add);
    }
    return texts;
  }

  /** The text of a scalar with its variables replaced, as {@code parse} reads it. */
  <T> Optional<T> scalar(String key, Node value, Function<String, T> parse) {
    if (!(value instanceof ScalarNode scalar)) {
      document.report(value, name + ": " + key + ": " + form(value) + " (expected: one value)");
      return Optional.empty();
    }
    if (scalar.getTag().equals(Tag.NULL)) {
      document.report(value, name + ": " + key + ": nothing (expected: a value)");
      return Optional.empty();
    }
    // The parser itself gives the second tag to a plain scalar that is one variable.
    if (!scalar.getTag().getValue().startsWith(CORE_TAGS) && !scalar.getTag().equals(Tag.ENV_TAG)) {
      document.report(
          value, name + ": " + key + ": tag '" + scalar.getTag() + "' (expected: no tag)");
      return Optional.empty();
    }
    try {
      return Optional.of(parse.apply(document.variables().substitute(scalar.getValue())));
    } catch (IllegalArgumentException refused) {
      document.report(value, name + ": " + about(key, String.valueOf(refused.getMessage())));
      return Optional.empty();
    }
  }

  /** Reports a problem of a value that could be read. */
  void report(String key, String message) {
    document.report(values.getOrDefault(key, node), name + ": " + about(key, message));
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
