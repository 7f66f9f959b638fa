package io.tidemill.pipelines.yaml;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.tidemill.connectors.problem.Suggestion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
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
  private final Keys allowed;
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Map<String, Node> values = new LinkedHashMap<>();

  /** Keys that are not here, but were probably meant by others, which are reported. */
  private final Set<String> misspelt = new HashSet<>();

  private Section(Document document, MappingNode node, String name, String path, Keys allowed) {
    this.document = document;
    this.node = node;
    this.name = name;
    this.path = path;
    this.allowed = allowed;
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
   * @param allowed every other key is reported
   */
  static Optional<Section> of(
      Document document, Node node, String name, String path, Keys allowed) {
    if (node instanceof MappingNode mapping) {
      Section section = new Section(document, mapping, name, path, allowed);
      section.allowOnlyKnown();
      return Optional.of(section);
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

  private void allowOnlyKnown() {
    keys.forEach(
        (key, keyNode) -> {
          if (!allowed.names().contains(key)) {
            Suggestion suggestion = new Suggestion(key, allowed.names());
            if (!allowed.open()) {
              document.report(keyNode, "unknown key '%s' in %s %s", key, name, suggestion);
              suggestion.nearest().ifPresent(misspelt::add);
            } else if (!(values.get(key) instanceof ScalarNode)) {
              suggestion.nearest().ifPresent(meant -> refuseMisspelt(key, meant));
            }
          }
        });
  }

  /** Of a mapping that may have any key, so that this one is taken out of those that it has. */
  private void refuseMisspelt(String key, String meant) {
    Node keyNode = Objects.requireNonNull(keys.get(key));
    document.report(keyNode, "unknown key '%s' in %s (did you mean '%s'?)", key, name, meant);
    misspelt.add(meant);
    values.remove(key);
  }

  /** Reports the key if it is here. */
  void refuse(Key<?> key, String reason) {
    Node keyNode = keys.get(key.name());
    if (keyNode != null) {
      document.report(keyNode, "unknown key '%s' in %s (%s)", key.name(), name, reason);
      values.remove(key.name());
    }
  }

  boolean has(Key<?> key) {
    return values.containsKey(key.name());
  }

  /** Whether the key is here, or another that was probably to be it. */
  boolean hasOrMeans(Key<?> key) {
    return has(key) || misspelt.contains(key.name());
  }

  /** Each key with its value, in the order of the file. */
  Map<String, Node> values() {
    return Collections.unmodifiableMap(values);
  }

  /** The value of a key; empty if it is absent or refused, of which the latter is reported. */
  <T> Optional<T> read(Key<T> key) {
    if (!key.expected().isEmpty()) {
      demand(key, key.expected());
    }
    return Optional.ofNullable(values.get(key.name()))
        .flatMap(value -> key.reading().apply(this, value));
  }

  /** Reports a key that is not here, by what was probably to be it, if anything was. */
  void demand(Key<?> key, String expected) {
    if (hasOrMeans(key)) {
      return;
    }
    List<String> meant =
        values.keySet().stream()
            .filter(
                other ->
                    new Suggestion(other, allowed.names())
                        .nearest()
                        .filter(key.name()::equals)
                        .isPresent())
            .filter(other -> !allowed.names().contains(other))
            .toList();
    if (!meant.isEmpty()) {
      meant.forEach(other -> refuseMisspelt(other, key.name()));
    } else {
      document.report(node, "missing key '%s' in %s (expected: %s)", key.name(), name, expected);
    }
  }

  /** What the value of a key makes of something; as it was if the key is absent or refused. */
  <T, V> V change(Key<T> key, V value, BiFunction<V, T, V> change) {
    return read(key)
        .flatMap(read -> checked(key.name(), () -> change.apply(value, read)))
        .orElse(value);
  }

  /** What messages call the mapping of a key. */
  String nameOf(String key) {
    return path.isEmpty() ? key : key + " of " + name;
  }

  /** The mapping that is the value of a key. */
  Optional<Section> section(String key, Node value, String sectionName, Keys allowed) {
    return of(document, value, sectionName, pathOf(key), allowed);
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
    return substituted(key, value, DateTemplates::refuse, parse);
  }

  /** What stands for a date comes before variables, whose values are nobody's templates. */
  private <T> Optional<T> substituted(
      String key, Node value, UnaryOperator<String> dates, Function<String, T> parse) {
    if (!(value instanceof ScalarNode scalar)) {
      document.report(value, "%s: %s: %s (expected: one value)", name, key, form(value));
      return Optional.empty();
    }
    if (scalar.getTag().equals(Tag.NULL)) {
      document.report(
          value,
          "%s: %s: nothing (expected: a value%s)",
          name,
          key,
          scalar.getValue().isEmpty() ? "" : "; where the word is meant, in quotes: 'null'");
      return Optional.empty();
    }
    // The parser itself gives the second tag to a plain scalar that is one variable.
    if (!scalar.getTag().getValue().startsWith(CORE_TAGS) && !scalar.getTag().equals(Tag.ENV_TAG)) {
      document.report(value, "%s: %s: tag '%s' (expected: no tag)", name, key, scalar.getTag());
      return Optional.empty();
    }
    try {
      return Optional.of(
          parse.apply(document.substituted(pathOf(key), dates.apply(scalar.getValue()))));
    } catch (IllegalArgumentException refused) {
      document.report(value, "%s: %s", name, about(key, String.valueOf(refused.getMessage())));
      return Optional.empty();
    }
  }

  /** Every key with its text. */
  Map<String, String> texts() {
    return texts((key, value) -> scalar(key, value, Function.identity()), List.of());
  }

  /** The same with the date in each text that asks for one, but for keys that are no options. */
  Map<String, String> datedOptions(Key<?>... others) {
    return texts(
        (key, value) ->
            substituted(key, value, text -> document.dated(value, text), Function.identity()),
        Arrays.stream(others).map(Key::name).toList());
  }

  /** Each option with its text, but for keys that are no options. */
  Map<String, String> options(Key<?>... others) {
    return texts(
        (key, value) -> scalar(key, value, Function.identity()),
        Arrays.stream(others).map(Key::name).toList());
  }

  private Map<String, String> texts(
      BiFunction<String, Node, Optional<String>> reading, List<String> others) {
    Map<String, String> texts = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (!others.contains(key)) {
            reading.apply(key, value).ifPresent(text -> texts.put(key, text));
          }
        });
    return texts;
  }

  /** A file that is there, by its path from the folder of the job's file. */
  Path file(String text) {
    Path path = document.file(text);
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
