package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * {@code store.yaml} to policy.
 *
 * <p>Stateless and thread-safe.
 */
final class PolicyYaml {
  private static final String LABELS = "required-labels";
  private static final String ENGINES = "engines";
  private static final String SIGNATURES = "signatures";
  private static final String KEYS = "keys";
  private static final String PRODUCTION = "production-aliases";
  private static final String DELETION = "deletion";
  private static final String SUBJECT = "the policy";
  private static final List<String> ALLOWED =
      List.of(LABELS, ENGINES, SIGNATURES, KEYS, PRODUCTION, DELETION);

  private PolicyYaml() {}

  /**
   * Reads a policy.
   *
   * @param place where the text is from, as messages call it
   * @throws InvalidModelException with every problem on a line of its own
   */
  static StorePolicy read(String place, String text) {
    YamlProblems problems = new YamlProblems(place);
    Node root = YamlMapping.compose(text, SUBJECT, problems);
    YamlMapping policy = new YamlMapping(root, SUBJECT, ALLOWED, problems);
    List<String> labels = texts(policy, LABELS);
    List<String> engines = texts(policy, ENGINES);
    boolean signed = choice(policy, SIGNATURES, "required", "optional");
    List<String> keys = texts(policy, KEYS);
    List<String> production = texts(policy, PRODUCTION);
    boolean refused = choice(policy, DELETION, "refused", "allowed");
    problems.throwIfAny();
    StorePolicy read =
        policy.built(
            root,
            () ->
                new StorePolicy(set(labels), set(engines), signed, keys, set(production), refused));
    if (read == null) {
      throw problems.failure();
    }
    return read;
  }

  private static Set<String> set(List<String> texts) {
    return new LinkedHashSet<>(texts);
  }

  private static List<String> texts(YamlMapping policy, String key) {
    List<String> texts = new ArrayList<>();
    if (policy.has(key)) {
      for (Node node : policy.sequence(key)) {
        String text = policy.text(node, "value of '" + key + "'");
        if (text != null) {
          texts.add(text);
        }
      }
    }
    return texts;
  }

  /** Whether the key has the first of two values; the second is the default. */
  private static boolean choice(YamlMapping policy, String key, String yes, String no) {
    if (!policy.has(key)) {
      return false;
    }
    Boolean chosen =
        policy.parsed(
            key,
            value -> {
              if (!value.equals(yes) && !value.equals(no)) {
                throw new InvalidModelException(
                    "%s: '%s' (expected: %s or %s)".formatted(key, value, yes, no));
              }
              return value.equals(yes);
            });
    return chosen != null && chosen;
  }
}
