package io.tidemill.model.store.oci;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.Deadline;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.StoreBackend;
import io.tidemill.model.store.StoreKey;
import io.tidemill.model.store.StoreKey.Kind;
import io.tidemill.model.store.StoreLeftover;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A store in a registry: every model a repository below the store's own.
 *
 * <pre>
 * models:fraud                  in the store's own repository: that there is a model
 * models:_policy                the store's policy: store.yaml as configuration
 * models/fraud:1.4.2            a version: model.yaml as configuration, every file a layer
 * models/fraud:production       an alias: any tag that is no version and has no '_' before it
 * models/fraud:_signature-1.4.2-…  a signature of a version, named after the key
 * models/fraud:_claim-1.4.2_…   a publisher's claim, for a moment; begins with the time
 * </pre>
 *
 * <p>A version's tag is written last. A registry is not trusted: every text is hashed here, and
 * every file where it is read.
 *
 * <p>Models are listed from the store's own repository, not from the registry's catalog: many
 * registries have none, or show it to their administrators only. A model that came without a push,
 * copied by another tool, is found by its name and listed from its next push on.
 *
 * <p>Thread-safe.
 */
final class OciBackend implements StoreBackend {
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");

  /** Of tags that others wrote and that are no claims, nobody waits. */
  private static final Pattern CLAIM = Pattern.compile("(\\d{1,18})_.+");

  private final OciAddress address;
  private final OciRegistry registry;
  private final OciTags tags;

  OciBackend(OciAddress address, OciRegistry registry) {
    this.address = address;
    this.registry = registry;
    this.tags = new OciTags(address, registry);
  }

  @Override
  public OciBackend until(Deadline deadline) {
    return new OciBackend(address, registry.until(deadline));
  }

  @Override
  public String uri() {
    return address.uri();
  }

  @Override
  public String place(StoreKey key) {
    return address.model(repository(key)) + ":" + tag(key);
  }

  /** The store's own repository for what belongs to no model. */
  private static String repository(StoreKey key) {
    return key.model().isEmpty() ? OciAddress.STORE : key.model();
  }

  /** Of all texts of a kind: what their tags begin with. */
  private static String tag(StoreKey key) {
    return switch (key.kind()) {
      case POLICY -> "_policy";
      case MODEL, MANIFEST, ALIAS -> key.name();
      case SIGNATURE -> "_signature-" + key.version() + "-" + key.name();
      case CLAIM -> "_claim-" + key.version() + "_" + key.name();
    };
  }

  private static String type(StoreKey key) {
    return switch (key.kind()) {
      case POLICY -> OciManifest.POLICY;
      case MODEL -> OciManifest.LISTED;
      case MANIFEST, ALIAS -> OciManifest.MODEL;
      case SIGNATURE -> OciManifest.SIGNATURE;
      case CLAIM -> OciManifest.CLAIM;
    };
  }

  private static boolean isName(Kind kind, String name) {
    return switch (kind) {
      case POLICY -> false;
      case MODEL -> ModelRef.isName(name);
      case MANIFEST -> SemanticVersion.isVersion(name);
      case ALIAS -> ModelRef.isName(name) && !SemanticVersion.isVersion(name);
      case SIGNATURE -> FINGERPRINT.matcher(name).matches();
      case CLAIM -> CLAIM.matcher(name).matches();
    };
  }

  @Override
  public List<Entry> list(StoreKey all) {
    String prefix = tag(all);
    return registry.tags(repository(all)).stream()
        .filter(tag -> tag.startsWith(prefix))
        .map(tag -> tag.substring(prefix.length()))
        .filter(name -> isName(all.kind(), name) && find(all.named(name)).isPresent())
        .map(name -> new Entry(name, written(name)))
        .toList();
  }

  /** Only claims say when they were written. */
  private static Instant written(String name) {
    Matcher claim = CLAIM.matcher(name);
    return claim.matches() ? Instant.ofEpochMilli(Long.parseLong(claim.group(1))) : Instant.EPOCH;
  }

  private Optional<OciManifest> find(StoreKey key) {
    // A policy may come from another tool.
    return tags.find(repository(key), tag(key))
        .filter(
            found ->
                key.kind() == Kind.POLICY
                    ? !found.type().equals(OciManifest.NOTHING)
                    : found.type().equals(type(key)));
  }

  @Override
  public Optional<byte[]> read(StoreKey key) {
    // An alias is a second tag of its version, which only the version's own text names.
    int mostBytes = (key.kind() == Kind.ALIAS ? Kind.MANIFEST : key.kind()).mostBytes();
    Optional<byte[]> text =
        find(key).map(manifest -> tags.text(repository(key), manifest.config(), mostBytes));
    return key.kind() == Kind.ALIAS ? text.map(yaml -> version(key, yaml)) : text;
  }

  private byte[] version(StoreKey alias, byte[] yaml) {
    return ModelManifest.parse(place(alias), new String(yaml, UTF_8))
        .version()
        .toString()
        .getBytes(UTF_8);
  }

  @Override
  public void write(StoreKey key, String text) {
    if (key.kind() != Kind.ALIAS) {
      tags.put(repository(key), tag(key), type(key), text, List.of());
      return;
    }
    String version = text.strip();
    String json =
        registry
            .manifest(key.model(), version)
            .orElseThrow(
                () ->
                    new StoreUnavailableException(
                        "%s: version %s is gone; set the alias again"
                            .formatted(place(key), version)));
    registry.putManifest(key.model(), key.name(), json);
  }

  @Override
  public void delete(StoreKey key) {
    tags.clear(repository(key), tag(key));
    if (key.kind() == Kind.MANIFEST) {
      StoreKey signatures = new StoreKey(Kind.SIGNATURE, key.model(), key.version(), "");
      list(signatures).forEach(entry -> delete(signatures.named(entry.name())));
    }
  }

  @Override
  public Files files(ModelManifest manifest) {
    List<String> paths =
        find(StoreKey.manifest(manifest.name(), manifest.version()))
            .map(OciManifest::paths)
            .orElse(List.of());
    return new Layers(registry, manifest.name(), paths);
  }

  private record Layers(OciRegistry registry, String model, List<String> paths) implements Files {
    @Override
    public Optional<InputStream> open(ModelFile file) {
      return registry.blob(model, "sha256:" + file.sha256());
    }
  }

  /** Claims alone: files that no tag means are the registry's to collect. */
  @Override
  public List<StoreLeftover> unpublished(String model) {
    return registry.tags(model).stream()
        .filter(tag -> tag.startsWith("_claim-"))
        .map(
            tag ->
                new StoreLeftover(
                    address.model(model) + ":" + tag, 0, written(tag.replaceFirst(".*?_.*?_", ""))))
        .toList();
  }

  @Override
  public void delete(StoreLeftover leftover) {
    String place = leftover.place();
    int tag = place.lastIndexOf(':');
    String model = place.substring(address.model(OciAddress.STORE).length() + 1, tag);
    tags.clear(model, place.substring(tag + 1));
  }

  @Override
  public Upload upload(ModelManifest manifest) {
    return new LayerUpload(manifest);
  }

  /** What is copied and not published is the registry's to collect. */
  private final class LayerUpload implements Upload {
    private final ModelManifest manifest;

    LayerUpload(ModelManifest manifest) {
      this.manifest = manifest;
    }

    @Override
    public void put(ModelFile file, Supplier<InputStream> content) {
      registry.putBlob(manifest.name(), "sha256:" + file.sha256(), file.size(), content);
    }

    @Override
    public void publish(Deadline deadline) {
      OciBackend bounded = until(deadline);
      // Before there is a version: what has none is not listed.
      StoreKey listed = new StoreKey(Kind.MODEL, "", "", manifest.name());
      if (bounded.find(listed).isEmpty()) {
        bounded.write(listed, manifest.name());
      }
      bounded.tags.put(
          manifest.name(),
          manifest.version().toString(),
          OciManifest.MODEL,
          manifest.yaml(),
          manifest.files());
    }

    @Override
    public void close() {}
  }
}
