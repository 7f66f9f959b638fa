package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.Suggestion;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What is in a store, read anew each time. Of what is not there, it says what is, and what was
 * probably meant.
 *
 * <p>Thread-safe.
 */
record StoreContents(StoreBackend backend) {
  StorePolicy policy() {
    StoreKey key = StoreKey.policy();
    return text(key)
        .map(yaml -> StorePolicy.read(backend.place(key), yaml))
        .orElse(StorePolicy.NONE);
  }

  private Optional<String> text(StoreKey key) {
    return backend.read(key).map(bytes -> decoded(key, bytes));
  }

  private String decoded(StoreKey key, byte[] bytes) {
    int most = key.kind().mostBytes();
    if (bytes.length > most) {
      throw new InvalidModelException(
          "'%s': more than %d bytes (expected: a text)".formatted(backend.place(key), most));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidModelException(
          "'" + backend.place(key) + "': not UTF-8 (expected: a text)", e);
    }
  }

  private Stream<String> names(StoreKey all) {
    return backend.list(all).stream().map(StoreBackend.Entry::name).sorted();
  }

  List<String> models() {
    return names(StoreKey.models()).filter(name -> !published(name).isEmpty()).toList();
  }

  private List<SemanticVersion> published(String name) {
    return names(StoreKey.manifests(name)).map(SemanticVersion::parse).sorted().toList();
  }

  /** The versions of a model that has one. */
  List<SemanticVersion> versions(String name) {
    List<SemanticVersion> there = published(name);
    if (there.isEmpty()) {
      throw notFound("model '" + name + "'", models(), name);
    }
    return there;
  }

  Optional<ModelManifest> find(String name, SemanticVersion version) {
    StoreKey key = StoreKey.manifest(name, version);
    Optional<ModelManifest> found = read(key, name + ":" + version);
    found.ifPresent(
        manifest -> {
          if (!manifest.name().equals(name) || !manifest.version().equals(version)) {
            throw new InvalidModelException(
                "%s: the manifest of %s (expected: of %s:%s); publish the version again under another number"
                    .formatted(backend.place(key), manifest.ref(), name, version));
          }
        });
    return found;
  }

  private Optional<ModelManifest> read(StoreKey key, String model) {
    try {
      return text(key).map(yaml -> ModelManifest.parse(backend.place(key), yaml));
    } catch (InvalidModelException damaged) {
      throw new InvalidModelException(
          "%s%nwhere it is damaged: put back the manifest that was published, as an export or a copy of the store has it; or delete %s, and publish the version again"
              .formatted(damaged.getMessage(), model),
          damaged);
    }
  }

  ModelManifest manifest(String name, SemanticVersion version) {
    return find(name, version).orElseThrow(() -> notFound(name, version));
  }

  private RuntimeException notFound(String name, SemanticVersion version) {
    return notFound(
        "version " + version + " of model '" + name + "'",
        texts(versions(name)),
        version.toString());
  }

  /** Checks that a version is there, damaged or not. */
  void require(String name, SemanticVersion version) {
    if (backend.read(StoreKey.manifest(name, version)).isEmpty()) {
      throw notFound(name, version);
    }
  }

  private static List<String> texts(List<SemanticVersion> versions) {
    return versions.stream().map(SemanticVersion::toString).toList();
  }

  ModelManifest manifest(ModelRef ref) {
    SemanticVersion version = ref.version();
    if (version == null) {
      String alias = requireNonNull(ref.alias());
      version = alias.equals(ModelRef.LATEST) ? latest(ref.name()) : aliased(ref.name(), alias);
    }
    return manifest(ref.name(), version);
  }

  private SemanticVersion latest(String name) {
    List<SemanticVersion> there = versions(name);
    return there.stream()
        .filter(version -> version.preRelease().isEmpty())
        .max(Comparator.naturalOrder())
        .orElseThrow(() -> notFound("release of model '" + name + "'", texts(there), ""));
  }

  /** The version that an alias means. */
  SemanticVersion aliased(String name, String alias) {
    return findAlias(StoreKey.aliases(name).named(alias))
        .orElseThrow(
            () -> {
              versions(name);
              return notFound(
                  "alias '" + alias + "' of model '" + name + "'",
                  aliases(name, damaged -> {}).keySet(),
                  alias);
            });
  }

  private Optional<SemanticVersion> findAlias(StoreKey key) {
    try {
      return text(key).map(line -> SemanticVersion.parse(line.strip()));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(
          "%s: %s; set the alias again".formatted(backend.place(key), e.getMessage()), e);
    }
  }

  /**
   * What every alias of a model means, sorted; none if there is no model.
   *
   * @param damaged told of each alias that cannot be read, which means nothing
   */
  Map<String, SemanticVersion> aliases(String name, Consumer<InvalidModelException> damaged) {
    Map<String, SemanticVersion> aliases = new TreeMap<>();
    StoreKey all = StoreKey.aliases(name);
    for (String alias : names(all).toList()) {
      try {
        findAlias(all.named(alias)).ifPresent(meant -> aliases.put(alias, meant));
      } catch (InvalidModelException e) {
        damaged.accept(e);
      }
    }
    return aliases;
  }

  /**
   * The signatures that lie beside a version, sorted by key; one that cannot be read is empty, so
   * that it keeps no good one from being seen.
   */
  List<DetachedSignature> signatures(String name, SemanticVersion version) {
    List<DetachedSignature> signatures = new ArrayList<>();
    StoreKey all = StoreKey.signatures(name, version);
    for (String key : names(all).toList()) {
      try {
        text(all.named(key))
            .ifPresent(bundle -> signatures.add(new DetachedSignature(key, bundle)));
      } catch (InvalidModelException damaged) {
        signatures.add(new DetachedSignature(key, ""));
      }
    }
    return signatures;
  }

  private StoreRefusedException notFound(String what, Collection<String> there, String wrong) {
    String list = there.isEmpty() ? "none" : String.join(", ", there);
    return new StoreRefusedException(
        "%s: not in store %s (%sthere: %s)"
            .formatted(what, backend.uri(), new Suggestion(wrong, there), list));
  }
}
