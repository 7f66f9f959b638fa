package io.tidemill.model.store.oci;

import io.tidemill.model.StoreUnavailableException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import land.oras.ContainerRef;
import land.oras.Manifest;
import land.oras.Registry;
import land.oras.Tags;

/**
 * What a store needs of a registry. What is not there is empty; every refusal is a {@link
 * io.tidemill.model.StoreUnavailableException}, also one to answer in time.
 *
 * <p>Thread-safe.
 */
final class OciRegistry {
  /** Many, so that a model has one page; registries that allow fewer answer with fewer. */
  private static final int PAGE = 500;

  /** More than any store has; a registry that goes on after them would go on for ever. */
  private static final int MOST_TAGS = 100_000;

  private final OciAddress address;
  private final OciRequests requests;
  private final Registry registry;

  /**
   * Makes the client and proves that it is whole; nothing is asked of the registry.
   *
   * @throws LinkageError if the client or what it needs is not on the classpath
   * @throws IllegalArgumentException if the machine's registries.conf wants HTTP where it is not
   *     allowed
   */
  OciRegistry(OciAddress address) {
    this.address = address;
    this.requests = new OciRequests(address.uri());
    this.registry =
        Registry.builder()
            .defaults()
            .withRegistry(address.host())
            .withInsecure(address.insecure())
            .withExecutorService(requests.threads())
            .build();
    Manifest.empty().toJson();
    if (!address.insecure() && repository(OciAddress.STORE).isInsecure(registry)) {
      throw new IllegalArgumentException(
          "store: '%s' (expected: HTTPS; registries.conf says 'insecure', which takes -D%s=true here as well)"
              .formatted(address.uri(), OciAddress.INSECURE));
    }
  }

  private ContainerRef repository(String name) {
    return ContainerRef.parse(address.model(name));
  }

  private ContainerRef tag(String name, String tag) {
    return ContainerRef.parse(address.model(name) + ":" + tag);
  }

  private ContainerRef digest(String name, String digest) {
    return repository(name).withDigest(digest);
  }

  /** A model's name, or the store's own repository, which has none. */
  private String shown(String name) {
    return name.equals(OciAddress.STORE) ? address.repository() : name;
  }

  List<String> tags(String name) {
    ContainerRef repository = repository(name);
    List<String> tags = new ArrayList<>();
    String last = null;
    do {
      String from = last;
      Optional<Tags> page =
          requests.ask(
              "list tags of " + shown(name), () -> registry.getTags(repository, PAGE, from));
      List<String> found = page.map(Tags::tags).orElse(List.of());
      tags.addAll(found);
      if (tags.size() > MOST_TAGS) {
        throw new StoreUnavailableException(
            "store '%s': more than %d tags of %s (expected: fewer); check that it is a registry that answers so"
                .formatted(address.uri(), MOST_TAGS, shown(name)));
      }
      String next = page.map(Tags::last).orElse(null);
      last = found.isEmpty() || Objects.equals(next, last) ? null : next;
    } while (last != null);
    return tags;
  }

  /** The JSON of the manifest that a tag means. */
  Optional<String> manifest(String name, String tag) {
    return requests.ask(
        "read " + shown(name) + ":" + tag, () -> registry.getDescriptor(tag(name, tag)).getJson());
  }

  void putManifest(String name, String tag, String json) {
    requests.ask(
        "write " + shown(name) + ":" + tag,
        () -> registry.pushManifest(tag(name, tag), Manifest.fromJson(json)));
  }

  /** Deletes a manifest and with it every tag that means it. */
  void deleteManifest(String name, String digest) {
    requests.ask(
        "delete " + shown(name) + "@" + digest,
        () -> {
          registry.deleteManifest(digest(name, digest));
          return digest;
        });
  }

  /**
   * Puts content where it is not yet.
   *
   * @param digest what the registry proves it by
   */
  void putBlob(String name, String digest, long size, Supplier<InputStream> content) {
    requests.send(
        "write " + shown(name) + "@" + digest,
        size,
        () -> registry.pushBlob(digest(name, digest), size, content, Map.of()));
  }

  /** Content that is not proved yet. */
  Optional<InputStream> blob(String name, String digest) {
    String what = "read " + shown(name) + "@" + digest;
    return requests
        .ask(what, () -> registry.fetchBlob(digest(name, digest)))
        .map(in -> requests.bounded(what, in));
  }
}
