package io.tidemill.model.store.oci;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.StoreUnavailableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Small texts under tags of a model's repository.
 *
 * <p>Registries differ in how they take a tag away: some by its name, some by the digest of what it
 * means, some not at all. So a tag is first made to mean nothing, which every registry can, and
 * then what means nothing is deleted, where that is allowed, with all its tags.
 *
 * <p>Thread-safe.
 */
record OciTags(OciAddress address, OciRegistry registry) {
  /** More than any manifest has; what is longer is not one. */
  private static final int MAX_TEXT_BYTES = 4 << 20;

  List<String> list(String name) {
    return registry.tags(name);
  }

  Optional<OciManifest> find(String name, String tag) {
    return registry
        .manifest(name, tag)
        .map(json -> OciManifest.read(address.model(name) + ":" + tag, json));
  }

  boolean isOf(String name, String tag, String type) {
    return find(name, tag).filter(manifest -> manifest.type().equals(type)).isPresent();
  }

  /** The configuration of what a tag means, if it is of a type. */
  Optional<String> text(String name, String tag, String type) {
    return find(name, tag)
        .filter(manifest -> manifest.type().equals(type))
        .map(manifest -> text(name, manifest.config()));
  }

  /** A text by its digest, proved. */
  String text(String name, String digest) {
    String place = address.model(name) + "@" + digest;
    try (InputStream in =
        registry
            .blob(name, digest)
            .orElseThrow(() -> new InvalidModelException(place + ": missing in the registry"))) {
      byte[] bytes = in.readNBytes(MAX_TEXT_BYTES + 1);
      MessageDigest hash = Sha256.begin();
      hash.update(bytes);
      if (bytes.length > MAX_TEXT_BYTES || !Sha256.end(hash).equals(digest)) {
        throw new InvalidModelException(
            place + ": other content (expected: what its digest says, at most 4 MiB)");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new StoreUnavailableException(place + ": cannot be read (" + e + ")", e);
    }
  }

  /** Makes a tag mean a text. */
  void put(String name, String tag, String type, String text) {
    put(name, tag, new OciManifest(type, Sha256.of(text), Map.of()), text, Map.of());
  }

  /** Makes a tag mean a text and layers that are there. */
  void put(
      String name, String tag, OciManifest manifest, String text, Map<String, Long> layerBytes) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    registry.putBlob(name, manifest.config(), bytes.length, () -> new ByteArrayInputStream(bytes));
    registry.putManifest(name, tag, manifest.write(bytes.length, layerBytes));
  }

  /** Makes a tag mean nothing. */
  void clear(String name, String tag) {
    // Of its own, so that deleting it takes no tag away that means something again.
    String nothing = UUID.randomUUID().toString();
    put(name, tag, OciManifest.NOTHING, nothing);
    try {
      String json =
          new OciManifest(OciManifest.NOTHING, Sha256.of(nothing), Map.of())
              .write(nothing.length(), Map.of());
      registry.deleteManifest(name, Sha256.of(json));
    } catch (StoreUnavailableException keepsEverything) {
      // The tag means nothing, which is all that matters; a registry need not delete.
      LOG.debug("{}: '{}' stays and means nothing", address.uri(), tag, keepsEverything);
    }
  }

  private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(OciTags.class);
}
