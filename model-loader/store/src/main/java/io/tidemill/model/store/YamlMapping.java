package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Suggestion;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A YAML mapping with a fixed set of keys. Whatever is wrong goes to the problems, with its place,
 * and reading goes on to find the next problem. Only the nodes of a document are read, never a type
 * that it names, so it cannot make an object of its choosing.
 *
 * <p>What is read of a wrong value is {@code null} or too little; {@link #made} makes nothing of
 * it.
 *
 * <p>Not thread-safe.
 */
final class YamlMapping {
  private static final LoadSettings SETTINGS = LoadSettings.builder().build();

  /** Far more than any of our files needs; readers of YAML recurse. */
  private static final int MOST_DEPTH = 32;

  private final Node node;
  private final String subject;
  private final YamlProblems problems;
  private final int problemsBefore;
  private final Map<String, Node> values = new LinkedHashMap<>();

  /**
   * Reads the keys.
   *
   * @param subject what the mapping is, as messages call it
   * @param allowed the keys it may have; none means any
   */
  private YamlMapping(Node node, String subject, List<String> allowed, YamlProblems problems) {
    this.node = node;
    this.subject = subject;
    this.problems = problems;
    this.problemsBefore = problems.size();
    if (!(node instanceof MappingNode mapping)) {
      add(node, subject + " (expected: keys and values)");
      return;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key = scalar(tuple.getKeyNode(), "key of " + subject);
      if (key == null) {
        continue;
      }
      if (!allowed.isEmpty() && !allowed.contains(key)) {
        add(
            tuple.getKeyNode(),
            "unknown key '%s' of %s (%sallowed: %s)"
                .formatted(key, subject, new Suggestion(key, allowed), String.join(", ", allowed)));
      } else if (values.put(key, tuple.getValueNode()) != null) {
        add(tuple.getKeyNode(), "key '" + key + "' of " + subject + " twice");
      }
    }
  }

  /**
   * Reads a document of one mapping.
   *
   * @param place where the text is from, as messages call it
   * @param subject what the document is, as messages call it
   * @param reader makes something of the mapping
   * @throws InvalidModelException with every problem on a line of its own
   */
  static <T> T read(
      String place,
      String text,
      String subject,
      List<String> keys,
      Function<YamlMapping, @Nullable T> reader) {
    YamlProblems problems = new YamlProblems(place);
    T read =
        reader.apply(new YamlMapping(compose(text, subject, problems), subject, keys, problems));
    if (read == null) {
      throw problems.failure();
    }
    return read;
  }

  private static Node compose(String text, String subject, YamlProblems problems) {
    try {
      checkDepth(text, problems);
      Optional<Node> root = new Compose(SETTINGS).composeString(text);
      if (root.isPresent()) {
        return root.get();
      }
      problems.add(Optional.empty(), "empty (expected: " + subject + ")");
    } catch (MarkedYamlEngineException e) {
      problems.add(e.getProblemMark(), "not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      problems.add(Optional.empty(), "not YAML: " + e.getMessage());
    }
    throw problems.failure();
  }

  private static void checkDepth(String text, YamlProblems problems) {
    int depth = 0;
    for (Event event : new Parse(SETTINGS).parseString(text)) {
      depth +=
          switch (event.getEventId()) {
            case MappingStart, SequenceStart -> 1;
            case MappingEnd, SequenceEnd -> -1;
            default -> 0;
          };
      if (depth > MOST_DEPTH) {
        problems.add(event.getStartMark(), "too deep (expected: at most 32 levels)");
        throw problems.failure();
      }
    }
  }

  private void add(Node where, String problem) {
    problems.add(where.getStartMark(), problem);
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  private @Nullable Node value(String key) {
    Node value = values.get(key);
    if (value == null && node instanceof MappingNode) {
      add(node, "key '" + key + "' of " + subject + ": missing");
    }
    return value;
  }

  /** What a mapping's text is. */
  String text(String key) {
    return parsed(key, value -> value);
  }

  /** What the parser makes of a text. */
  @SuppressWarnings("NullAway") // Null only beside a problem, and then nothing is made of it.
  <T> T parsed(String key, Function<String, T> parser) {
    Node value = value(key);
    return value == null ? null : parsed(value, "'" + key + "' of " + subject, parser);
  }

  private <T> @Nullable T parsed(Node value, String what, Function<String, T> parser) {
    String text = scalar(value, what);
    return text == null ? null : attempt(value, () -> parser.apply(text));
  }

  private <T> @Nullable T attempt(Node where, Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (IllegalArgumentException | DateTimeException | InvalidModelException e) {
      add(where, Optional.ofNullable(e.getMessage()).orElse(e.toString()));
      return null;
    }
  }

  private @Nullable String scalar(Node value, String what) {
    if (value instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
      return scalar.getValue();
    }
    add(value, what + " (expected: a single value)");
    return null;
  }

  /** What a mapping inside this one is read as. */
  @SuppressWarnings("NullAway") // As above.
  <T> T mapping(
      String key, String what, List<String> keys, Function<YamlMapping, @Nullable T> reader) {
    Node value = value(key);
    return value == null ? null : reader.apply(new YamlMapping(value, what, keys, problems));
  }

  /** What every mapping of a list is read as. */
  <T> List<T> mappings(
      String key, String what, List<String> keys, Function<YamlMapping, @Nullable T> reader) {
    return list(key, one -> reader.apply(new YamlMapping(one, what, keys, problems)));
  }

  /** What the parser makes of every text of a list. */
  <T> List<T> parsedList(String key, String what, Function<String, T> parser) {
    return list(key, one -> parsed(one, what, parser));
  }

  private <T> List<T> list(String key, Function<Node, @Nullable T> reader) {
    Node value = value(key);
    List<T> list = new ArrayList<>();
    if (value instanceof SequenceNode sequence) {
      for (Node one : sequence.getValue()) {
        Optional.ofNullable(reader.apply(one)).ifPresent(list::add);
      }
    } else if (value != null) {
      add(value, "'" + key + "' of " + subject + " (expected: a list)");
    }
    return list;
  }

  /** Every key with its text. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    values.keySet().forEach(key -> texts.put(key, text(key)));
    return texts;
  }

  /** What is made of the mapping; {@code null} where it, or a part of it, is wrong. */
  <T> @Nullable T made(Supplier<T> supplier) {
    return problems.size() > problemsBefore ? null : attempt(node, supplier);
  }
}
