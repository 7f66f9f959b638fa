package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;

/**
 * Names a small text that a store keeps. With an empty {@code name} it names all texts of its kind
 * that the same model or version has, where there can be more than one.
 *
 * @param model empty for what belongs to no model
 * @param version empty for what belongs to no version
 * @param name what tells the texts of a kind apart: a model, a version, an alias, the fingerprint
 *     of a key, or a claim
 */
public record StoreKey(Kind kind, String model, String version, String name) {
  /** What a text says. */
  public enum Kind {
    /** What the store demands: the text of {@code store.yaml}. */
    POLICY(MOST_BYTES),
    /** That there is a model, which need not have a version; it has no text to read. */
    MODEL(0),
    /** A version: the text of {@code model.yaml}. */
    MANIFEST(MOST_BYTES),
    /** The version that an alias means. */
    ALIAS(1 << 10),
    /** A detached signature of a version: the bundle. */
    SIGNATURE(MOST_BYTES),
    /** That someone changes a version now. */
    CLAIM(1 << 10);

    private final int mostBytes;

    Kind(int mostBytes) {
      this.mostBytes = mostBytes;
    }

    /** No text of this kind is longer; what is longer is damaged, and is not read to its end. */
    public int mostBytes() {
      return mostBytes;
    }
  }

  /** More than any manifest has. */
  private static final int MOST_BYTES = 4 << 20;

  public StoreKey {
    requireNonNull(kind, "kind");
    requireNonNull(model, "model");
    requireNonNull(version, "version");
    requireNonNull(name, "name");
    if (!model.isEmpty()) {
      ModelRef.checkName("model name", model);
    }
    if (kind == Kind.ALIAS && !name.isEmpty()) {
      ModelRef.checkName("alias of model '" + model + "'", name);
    }
  }

  static StoreKey policy() {
    return new StoreKey(Kind.POLICY, "", "", "");
  }

  static StoreKey models() {
    return new StoreKey(Kind.MODEL, "", "", "");
  }

  static StoreKey manifests(String model) {
    return new StoreKey(Kind.MANIFEST, model, "", "");
  }

  /** A version's manifest. */
  public static StoreKey manifest(String model, SemanticVersion version) {
    return new StoreKey(Kind.MANIFEST, model, version.toString(), version.toString());
  }

  static StoreKey aliases(String model) {
    return new StoreKey(Kind.ALIAS, model, "", "");
  }

  static StoreKey signatures(String model, SemanticVersion version) {
    return new StoreKey(Kind.SIGNATURE, model, version.toString(), "");
  }

  static StoreKey claims(String model, SemanticVersion version) {
    return new StoreKey(Kind.CLAIM, model, version.toString(), "");
  }

  /** One of the texts that this key names all of. */
  public StoreKey named(String one) {
    return new StoreKey(kind, model, kind == Kind.MANIFEST ? one : version, one);
  }
}
