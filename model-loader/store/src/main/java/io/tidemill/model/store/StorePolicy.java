package io.tidemill.model.store;

import io.tidemill.model.ModelRef;
import io.tidemill.model.StoreRefusedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a store demands of those who publish to it: {@code store.yaml} in its root. Every set is
 * sorted.
 *
 * @param requiredLabels keys that every version's labels must have
 * @param engines the engines that versions may have; none means any
 * @param signaturesRequired whether a version must be signed before an alias of production may mean
 *     it
 * @param keys the public keys that count, as the file has them
 * @param productionAliases the aliases that count as production
 * @param deletionRefused whether versions stay for ever
 */
record StorePolicy(
    Set<String> requiredLabels,
    Set<String> engines,
    boolean signaturesRequired,
    List<String> keys,
    Set<String> productionAliases,
    boolean deletionRefused) {
  /** The file's name. */
  static final String FILE = "store.yaml";

  /** Demands nothing: the policy of a store without the file. */
  static final StorePolicy NONE =
      new StorePolicy(Set.of(), Set.of(), false, List.of(), Set.of(), false);

  /**
   * Checks and sorts.
   *
   * @throws IllegalArgumentException if signatures are required of no key, or an alias is no name
   */
  public StorePolicy {
    requiredLabels = sorted(requiredLabels);
    engines = sorted(engines);
    engines.forEach(engine -> ModelRef.checkName("engine", engine));
    keys = List.copyOf(keys);
    productionAliases = sorted(productionAliases);
    productionAliases.forEach(alias -> ModelRef.checkName("production alias", alias));
    if (signaturesRequired && keys.isEmpty()) {
      throw new IllegalArgumentException(
          "signatures: required without keys (expected: the public keys that count, under 'keys')");
    }
  }

  private static SortedSet<String> sorted(Set<String> names) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(names));
  }

  /**
   * Reads the text of {@value #FILE}.
   *
   * @param place where it is from, as messages call it
   * @throws io.tidemill.model.InvalidModelException with every problem on a line of its own
   */
  static StorePolicy read(String place, String text) {
    List<String> keys =
        List.of(
            "required-labels", "engines", "signatures", "keys", "production-aliases", "deletion");
    return YamlMapping.read(place, text, "the policy", keys, StorePolicy::of);
  }

  private static @Nullable StorePolicy of(YamlMapping yaml) {
    List<String> labels = texts(yaml, "required-labels");
    List<String> engines = texts(yaml, "engines");
    boolean signed = choice(yaml, "signatures", "required", "optional");
    List<String> keys = texts(yaml, "keys");
    List<String> production = texts(yaml, "production-aliases");
    boolean refused = choice(yaml, "deletion", "refused", "allowed");
    return yaml.made(
        () ->
            new StorePolicy(
                new TreeSet<>(labels),
                new TreeSet<>(engines),
                signed,
                keys,
                new TreeSet<>(production),
                refused));
  }

  private static List<String> texts(YamlMapping yaml, String key) {
    return yaml.has(key) ? yaml.parsedList(key, "value of '" + key + "'", text -> text) : List.of();
  }

  /** Whether the key has the first of two values; the second is the default. */
  private static boolean choice(YamlMapping yaml, String key, String yes, String no) {
    if (!yaml.has(key)) {
      return false;
    }
    String value =
        yaml.parsed(
            key,
            text -> {
              if (!text.equals(yes) && !text.equals(no)) {
                throw new IllegalArgumentException(
                    "%s: '%s' (expected: %s or %s)".formatted(key, text, yes, no));
              }
              return text;
            });
    return yes.equals(value);
  }

  /** Whether an alias counts as production. */
  boolean isProduction(String alias) {
    return productionAliases.contains(alias);
  }

  /**
   * Checks what can be known before a version is published.
   *
   * @param store as messages name it
   * @throws StoreRefusedException with all that is forbidden
   */
  void checkPush(String store, ModelManifest manifest) {
    List<String> problems = new ArrayList<>();
    List<String> missing =
        requiredLabels.stream().filter(label -> !manifest.labels().containsKey(label)).toList();
    if (!missing.isEmpty()) {
      problems.add(
          "labels '%s' missing (expected: %s)"
              .formatted(String.join("', '", missing), String.join(", ", requiredLabels)));
    }
    if (!engines.isEmpty() && !engines.contains(manifest.engine())) {
      problems.add(
          "engine '%s' (expected: %s)".formatted(manifest.engine(), String.join(", ", engines)));
    }
    if (!problems.isEmpty()) {
      throw violated(store, manifest.ref() + ": " + String.join("; ", problems));
    }
  }

  /**
   * Checks that a version is signed by one of the policy's keys, as an alias demands.
   *
   * @throws StoreRefusedException if it is not
   */
  void checkSigned(
      String store, ModelManifest manifest, String alias, List<DetachedSignature> signatures) {
    Optional<String> problem =
        SignatureCheck.find()
            .map(check -> check.problem(manifest, signatures, keys))
            .orElse(Optional.of("nothing here can check its signatures"));
    if (problem.isPresent()) {
      throw violated(
          store,
          "%s: cannot be '%s', because %s (expected: a version signed by one of the policy's keys)"
              .formatted(manifest.ref(), alias, problem.get()));
    }
  }

  /**
   * Checks that a version may be deleted.
   *
   * @throws StoreRefusedException if it must stay
   */
  void checkDelete(String store, ModelRef version) {
    if (deletionRefused) {
      throw violated(store, version + ": is not deleted (expected: versions stay)");
    }
  }

  /** Says that something is forbidden, by which file. */
  private static StoreRefusedException violated(String store, String problem) {
    return new StoreRefusedException(
        "%s; the policy %s of store %s says so".formatted(problem, FILE, store));
  }
}
