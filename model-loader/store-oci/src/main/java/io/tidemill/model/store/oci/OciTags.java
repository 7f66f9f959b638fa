package io.tidemill.model.store.oci;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ModelFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.commons.codec.digest.DigestUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(OciTags.class);

  Optional<OciManifest> find(String name, String tag) {
    return registry
        .manifest(name, tag)
        .map(json -> OciManifest.read(address.model(name) + ":" + tag, json));
  }

  /** A text by its digest, proved. */
  byte[] text(String name, String digest, int mostBytes) {
    String place = address.model(name) + "@" + digest;
    try (InputStream in =
        registry
            .blob(name, digest)
            .orElseThrow(() -> new InvalidModelException(place + ": missing in the registry"))) {
      byte[] bytes = in.readNBytes(mostBytes + 1);
      if (bytes.length > mostBytes || !digest(bytes).equals(digest)) {
        throw new InvalidModelException(
            "%s: other content (expected: what its digest says, at most %d bytes)"
                .formatted(place, mostBytes));
      }
      return bytes;
    } catch (IOException e) {
      throw new StoreUnavailableException(place + ": cannot be read (" + e + ")", e);
    }
  }

  private static String digest(byte[] bytes) {
    return "sha256:" + DigestUtils.sha256Hex(bytes);
  }

  /**
   * Makes a tag mean a text, and files that are there.
   *
   * @return the JSON of the registry's manifest
   */
  String put(String name, String tag, String type, String text, List<ModelFile> files) {
    byte[] bytes = text.getBytes(UTF_8);
    String json = OciManifest.json(type, digest(bytes), bytes.length, files);
    registry.putBlob(name, digest(bytes), bytes.length, () -> new ByteArrayInputStream(bytes));
    registry.putManifest(name, tag, json);
    return json;
  }

  /** Makes a tag mean nothing. */
  void clear(String name, String tag) {
    // Of its own, so that deleting it takes no tag away that means something again.
    String json = put(name, tag, OciManifest.NOTHING, UUID.randomUUID().toString(), List.of());
    try {
      registry.deleteManifest(name, digest(json.getBytes(UTF_8)));
    } catch (StoreUnavailableException keepsEverything) {
      // The tag means nothing, which is all that matters; a registry need not delete.
      LOG.debug("{}: '{}' stays and means nothing", address.uri(), tag, keepsEverything);
    }
  }
}
