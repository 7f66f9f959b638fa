package io.tidemill.model.store.oci;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ManifestYaml;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.NotFound;
import io.tidemill.model.store.Publication;
import io.tidemill.model.store.StorePolicy;
import io.tidemill.model.store.TransferListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A store in a registry: every model a repository below the store's own.
 *
 * <pre>
 * models:fraud                  in the store's own repository: that there is a model
 * models:_policy                the store's policy: store.yaml as configuration
 * models/fraud:1.4.2            a version: model.yaml as configuration, every file a layer
 * models/fraud:production       an alias: any tag that is no version and has no '_' before it
 * models/fraud:_signature-1.4.2-…  a signature of a version, named after the key
 * models/fraud:_claim-1.4.2_…   a publisher's claim, for a moment
 * </pre>
 *
 * <p>A version's tag is written last, under a {@link TagClaim}, which setting an alias and deleting
 * the version take as well. The registry is not trusted: every text and every file is hashed here.
 *
 * <p>Models are listed from the store's own repository, not from the registry's catalog: many
 * registries have none, or show it to their administrators only. A model that came without a push,
 * copied by another tool, is found by its name and listed from its next push on.
 *
 * <p>Thread-safe.
 */
final class OciModelStore implements ModelStore {
  private static final String SIGNATURE = "_signature-";
  private static final String POLICY = "_policy";

  private final OciAddress address;
  private final OciRegistry registry;
  private final OciTags tags;
  private final OciFiles files;

  OciModelStore(OciAddress address, OciRegistry registry) {
    this.address = address;
    this.registry = registry;
    this.tags = new OciTags(address, registry);
    this.files = new OciFiles(address.uri(), registry, tags);
  }

  @Override
  public String uri() {
    return address.uri();
  }

  @Override
  public StorePolicy policy() {
    return tags.find(OciAddress.STORE, POLICY)
        .filter(manifest -> !manifest.type().equals(OciManifest.NOTHING))
        .map(manifest -> tags.text(OciAddress.STORE, manifest.config()))
        .map(yaml -> StorePolicy.read(address.model(OciAddress.STORE) + ":" + POLICY, yaml))
        .orElse(StorePolicy.NONE);
  }

  @Override
  public ModelManifest push(ModelDraft draft, Path fileOrDirectory, TransferListener listener) {
    Publication publication = Publication.of(draft, fileOrDirectory);
    ModelManifest manifest = publication.manifest();
    Optional<ModelManifest> there = checkPush(manifest);
    if (there.isPresent()) {
      return there.get();
    }
    files.upload(publication, listener);
    list(manifest.name());
    return new TagClaim(tags, manifest.name(), manifest.version())
        .hold(
            () ->
                checkPush(manifest)
                    .orElseGet(
                        () -> {
                          files.tag(manifest);
                          return manifest(manifest.name(), manifest.version());
                        }));
  }

  /** Says that there is a model, before there is one: what has no version is not listed. */
  private void list(String name) {
    if (!tags.isOf(OciAddress.STORE, name, OciManifest.LISTED)) {
      tags.put(OciAddress.STORE, name, OciManifest.LISTED, name);
    }
  }

  @Override
  public Optional<ModelManifest> find(String name, SemanticVersion version) {
    Optional<ModelManifest> found = meant(name, version.toString());
    found.ifPresent(
        manifest -> {
          if (!manifest.name().equals(name) || !manifest.version().equals(version)) {
            throw new InvalidModelException(
                "%s:%s: the manifest of %s; publish the version again under another number"
                    .formatted(address.model(name), version, manifest.ref()));
          }
        });
    return found;
  }

  /** The version that a tag means, whatever its name. */
  private Optional<ModelManifest> meant(String name, String tag) {
    String place = address.model(name) + ":" + tag;
    try {
      return tags.text(name, tag, OciManifest.MODEL).map(yaml -> ManifestYaml.read(place, yaml));
    } catch (InvalidModelException damaged) {
      throw new InvalidModelException(
          "%s%nwhere it is damaged: delete the tag %s in the registry, and publish the version again"
              .formatted(damaged.getMessage(), place),
          damaged);
    }
  }

  @Override
  public ModelManifest manifest(String name, SemanticVersion version) {
    return find(name, version).orElseThrow(() -> notFound(name, version));
  }

  private RuntimeException notFound(String name, SemanticVersion version) {
    List<SemanticVersion> there = published(name);
    return there.isEmpty()
        ? NotFound.model(uri(), name, models())
        : NotFound.version(uri(), name, version, there);
  }

  @Override
  public ModelVersion resolve(ModelRef ref) {
    SemanticVersion version = ref.version();
    if (version == null) {
      version = aliased(ref.name(), requireNonNull(ref.alias()));
    }
    return manifest(ref.name(), version).modelVersion();
  }

  private SemanticVersion aliased(String name, String alias) {
    if (alias.equals(ModelRef.LATEST)) {
      List<SemanticVersion> there = existing(name);
      return there.stream()
          .filter(version -> version.preRelease().isEmpty())
          .max(Comparator.naturalOrder())
          .orElseThrow(() -> NotFound.release(uri(), name, there));
    }
    return meant(name, alias)
        .map(ModelManifest::version)
        .orElseThrow(
            () -> {
              existing(name);
              return NotFound.alias(uri(), name, alias, aliases(name).keySet());
            });
  }

  @Override
  public List<String> models() {
    return tags.list(OciAddress.STORE).stream()
        .filter(name -> tags.isOf(OciAddress.STORE, name, OciManifest.LISTED))
        .filter(name -> tagged(name).findFirst().isPresent())
        .sorted()
        .toList();
  }

  private Stream<SemanticVersion> tagged(String name) {
    return tags.list(name).stream()
        .flatMap(tag -> version(tag).stream())
        .filter(version -> tags.isOf(name, version.toString(), OciManifest.MODEL));
  }

  private List<SemanticVersion> published(String name) {
    return tagged(name).sorted().toList();
  }

  private static Optional<SemanticVersion> version(String tag) {
    try {
      return Optional.of(SemanticVersion.parse(tag));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private List<SemanticVersion> existing(String name) {
    List<SemanticVersion> there = published(name);
    if (there.isEmpty()) {
      throw NotFound.model(uri(), name, models());
    }
    return there;
  }

  @Override
  public List<SemanticVersion> versions(String name) {
    return existing(name);
  }

  @Override
  public void checkAlias(String name, String alias, SemanticVersion version) {
    if (version(alias).isPresent()) {
      throw new IllegalArgumentException(
          "alias of model '%s': '%s' (expected: no version's number, which is a tag of its own here)"
              .formatted(name, alias));
    }
    ModelStore.super.checkAlias(name, alias, version);
  }

  @Override
  public void alias(String name, String alias, SemanticVersion version) {
    checkAlias(name, alias, version);
    new TagClaim(tags, name, version)
        .hold(
            () -> {
              String json =
                  registry
                      .manifest(name, version.toString())
                      .orElseThrow(() -> notFound(name, version));
              manifest(name, version);
              registry.putManifest(name, alias, json);
              return version;
            });
  }

  @Override
  public SemanticVersion removeAlias(String name, String alias) {
    ModelRef.checkName("alias of model '" + name + "'", alias);
    SemanticVersion meant = aliased(name, alias);
    tags.clear(name, alias);
    return meant;
  }

  @Override
  public Map<String, SemanticVersion> aliases(String name) {
    existing(name);
    Map<String, SemanticVersion> aliases = new TreeMap<>();
    for (String tag : tags.list(name)) {
      if (version(tag).isEmpty() && !tag.startsWith("_")) {
        meant(name, tag).ifPresent(manifest -> aliases.put(tag, manifest.version()));
      }
    }
    return aliases;
  }

  @Override
  public void delete(String name, SemanticVersion version) {
    checkDelete(name, version);
    new TagClaim(tags, name, version)
        .hold(
            () -> {
              checkDelete(name, version);
              tags.clear(name, version.toString());
              signatureTags(name, version).forEach(tag -> tags.clear(name, tag));
              return version;
            });
  }

  @Override
  public void download(ModelManifest manifest, Path target, TransferListener listener) {
    files.download(manifest, target, listener);
  }

  @Override
  public List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    return files.verify(manifest, listener);
  }

  private List<String> signatureTags(String name, SemanticVersion version) {
    String prefix = SIGNATURE + version + "-";
    return tags.list(name).stream()
        .filter(tag -> tag.startsWith(prefix) && tag.length() == prefix.length() + 64)
        .sorted()
        .toList();
  }

  @Override
  public List<DetachedSignature> signatures(String name, SemanticVersion version) {
    manifest(name, version);
    List<DetachedSignature> signatures = new ArrayList<>();
    for (String tag : signatureTags(name, version)) {
      String fingerprint = tag.substring(tag.length() - 64);
      tags.text(name, tag, OciManifest.SIGNATURE)
          .ifPresent(bundle -> signatures.add(new DetachedSignature(fingerprint, bundle)));
    }
    return signatures;
  }

  @Override
  public void addSignature(String name, SemanticVersion version, DetachedSignature signature) {
    manifest(name, version);
    tags.put(
        name,
        SIGNATURE + version + "-" + signature.fingerprint(),
        OciManifest.SIGNATURE,
        signature.bundle());
  }
}
