package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.time.DateTimeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A YAML mapping with a fixed set of keys. Whatever is wrong goes to the problems, with its place;
 * the answer is then empty or {@code null}, so that reading goes on and finds the next problem.
 *
 * <p>Not thread-safe.
 */
final class YamlMapping {
  private final Node node;
  private final String subject;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final YamlProblems problems;

  /**
   * Reads the keys.
   *
   * @param subject what the mapping is, as messages call it
   * @param allowed the keys it may have; none means any
   */
  YamlMapping(Node node, String subject, List<String> allowed, YamlProblems problems) {
    this.node = node;
    this.subject = subject;
    this.problems = problems;
    if (!(node instanceof MappingNode mapping)) {
      problems.add(node, subject + " (expected: keys and values)");
      return;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key = scalar(tuple.getKeyNode(), "key of " + subject);
      if (key == null) {
        continue;
      }
      if (!allowed.isEmpty() && !allowed.contains(key)) {
        problems.add(tuple.getKeyNode(), unknown(key, allowed));
      } else if (values.put(key, tuple.getValueNode()) != null) {
        problems.add(tuple.getKeyNode(), "key '" + key + "' of " + subject + " twice");
      }
    }
  }

  private String unknown(String key, List<String> allowed) {
    String meant =
        Suggestion.nearest(key, allowed).map(name -> "did you mean '" + name + "'? ").orElse("");
    return "unknown key '%s' of %s (%sallowed: %s)"
        .formatted(key, subject, meant, String.join(", ", allowed));
  }

  /**
   * The root node of a document.
   *
   * @param subject what the document is, as messages call it
   * @throws InvalidModelException if the text is empty or not YAML
   */
  static Node compose(String text, String subject, YamlProblems problems) {
    try {
      return new Compose(LoadSettings.builder().build())
          .composeString(text)
          .orElseThrow(
              () -> {
                problems.add(Optional.empty(), "empty (expected: " + subject + ")");
                return problems.failure();
              });
    } catch (MarkedYamlEngineException e) {
      problems.add(e.getProblemMark(), "not YAML: " + e.getProblem());
      throw problems.failure();
    } catch (YamlEngineException e) {
      problems.add(Optional.empty(), "not YAML: " + e.getMessage());
      throw problems.failure();
    }
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value, or {@code null} and a problem. */
  @Nullable Node value(String key) {
    Node value = values.get(key);
    if (value == null && node instanceof MappingNode) {
      problems.add(node, "key '" + key + "' of " + subject + ": missing");
    }
    return value;
  }

  /** What the parser makes of the text, or {@code null} and a problem with its message. */
  <T> @Nullable T parsed(String key, Function<String, T> parser) {
    Node value = value(key);
    String text = value == null ? null : scalar(value, "'" + key + "' of " + subject);
    return value == null || text == null ? null : built(value, () -> parser.apply(text));
  }

  /** What the supplier makes, or {@code null} and a problem with its message. */
  <T> @Nullable T built(Node where, Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (IllegalArgumentException | DateTimeException | InvalidModelException e) {
      problems.add(where, Optional.ofNullable(e.getMessage()).orElse(e.toString()));
      return null;
    }
  }

  /** The values of a sequence; empty and a problem if it is none. */
  List<Node> sequence(String key) {
    Node value = value(key);
    if (value instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    if (value != null) {
      problems.add(value, "'" + key + "' of " + subject + " (expected: a list)");
    }
    return List.of();
  }

  /** Every key with its text. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          String text = scalar(value, "'" + key + "' of " + subject);
          if (text != null) {
            texts.put(key, text);
          }
        });
    return texts;
  }

  /** The text of a value, or {@code null} and a problem that calls it so. */
  @Nullable String text(Node value, String what) {
    return scalar(value, what);
  }

  private @Nullable String scalar(Node value, String what) {
    if (value instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
      return scalar.getValue();
    }
    problems.add(value, what + " (expected: a single value)");
    return null;
  }
}
