package io.tidemill.model.store;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import java.util.List;
import java.util.Map;

/** What every store checks before it changes something. */
final class StoreRules {
  private StoreRules() {}

  static void checkSame(String store, ModelManifest there, ModelManifest pushed) {
    if (!there.digest().equals(pushed.digest())) {
      throw new StoreRefusedException(
          "%s: in store %s already, with digest %s (pushed: %s); a version never changes, so push another one"
              .formatted(pushed.ref(), store, there.digest(), pushed.digest()));
    }
  }

  static void checkAlias(ModelStore store, String name, String alias, SemanticVersion version) {
    ModelRef.checkName("alias of model '" + name + "'", alias);
    if (alias.equals(ModelRef.LATEST)) {
      throw new IllegalArgumentException(
          "alias of model '%s': '%s' (expected: another name; the store itself answers this one with the highest release)"
              .formatted(name, alias));
    }
    ModelManifest manifest = store.manifest(name, version);
    StorePolicy policy = store.policy();
    if (policy.isProduction(alias) && policy.signaturesRequired()) {
      SignatureCheck.find()
          .map(check -> check.problem(store, manifest, policy))
          .orElseThrow(
              () -> unsigned(store, manifest, alias, "nothing here can check its signatures"))
          .ifPresent(
              problem -> {
                throw unsigned(store, manifest, alias, problem);
              });
    }
  }

  private static RuntimeException unsigned(
      ModelStore store, ModelManifest manifest, String alias, String problem) {
    return StorePolicy.violated(
        store.uri(),
        "%s: cannot be '%s', because %s (expected: a version signed by one of the policy's keys)"
            .formatted(manifest.ref(), alias, problem));
  }

  static void checkDelete(ModelStore store, String name, SemanticVersion version) {
    ModelManifest manifest = store.manifest(name, version);
    if (store.policy().deletionRefused()) {
      throw StorePolicy.violated(
          store.uri(), manifest.ref() + ": is not deleted (expected: versions stay)");
    }
    checkUnaliased(store.uri(), name, version, store.aliases(name));
  }

  static void checkUnaliased(
      String store, String name, SemanticVersion version, Map<String, SemanticVersion> aliases) {
    List<String> meaning = meaning(version, aliases);
    if (!meaning.isEmpty()) {
      throw new StoreRefusedException(
          "%s:%s in store %s: alias '%s' means it (expected: none); move it with 'tidemill model alias %s:<version> %s' or remove it with 'tidemill model alias --delete %s@%s', then delete the version"
              .formatted(
                  name,
                  version,
                  store,
                  String.join("', '", meaning),
                  name,
                  meaning.get(0),
                  name,
                  meaning.get(0)));
    }
  }

  private static List<String> meaning(
      SemanticVersion version, Map<String, SemanticVersion> aliases) {
    return aliases.entrySet().stream()
        .filter(alias -> alias.getValue().equals(version))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }
}
