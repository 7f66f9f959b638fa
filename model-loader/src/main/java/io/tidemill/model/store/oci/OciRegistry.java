package io.tidemill.model.store.oci;

import io.tidemill.model.StoreUnavailableException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import land.oras.ContainerRef;
import land.oras.Manifest;
import land.oras.Registry;
import land.oras.Tags;
import land.oras.exception.OrasException;

/**
 * What a store needs of a registry. What is not there is empty; every other refusal is the store's.
 *
 * <p>Thread-safe.
 */
final class OciRegistry {
  private static final int NOT_FOUND = 404;
  private static final int PAGE = 500;

  private final OciAddress address;
  private final Registry registry;

  OciRegistry(OciAddress address) {
    this.address = address;
    this.registry =
        Registry.builder()
            .defaults()
            .withRegistry(address.host())
            .withInsecure(address.insecure())
            // The client's own threads would keep the process alive; none is needed here.
            .withExecutorService(
                Executors.newCachedThreadPool(
                    work -> {
                      Thread thread = new Thread(work, "tidemill-oci");
                      thread.setDaemon(true);
                      return thread;
                    }))
            .build();
  }

  /** Runs a request; empty if what it asks for is not there. */
  private <T> Optional<T> request(String what, Supplier<T> request) {
    try {
      return Optional.ofNullable(request.get());
    } catch (OrasException e) {
      if (e.getStatusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw new StoreUnavailableException(
          "store '%s': cannot %s (%s); check that it is reachable and that the credentials of 'docker login' allow this"
              .formatted(address.uri(), what, e.getMessage()),
          e);
    }
  }

  private ContainerRef tag(String name, String tag) {
    return ContainerRef.parse(address.model(name) + ":" + tag);
  }

  private ContainerRef digest(String name, String digest) {
    return ContainerRef.parse(address.model(name)).withDigest(digest);
  }

  /** Names of the repositories below the store's, as far as the registry's catalog lists them. */
  List<String> models() {
    String prefix = address.repository() + "/";
    return request("list its catalog", () -> registry.getRepositories().repositories())
        .orElse(List.of())
        .stream()
        .filter(repository -> repository.startsWith(prefix))
        .map(repository -> repository.substring(prefix.length()))
        .filter(name -> name.indexOf('/') < 0)
        .sorted()
        .toList();
  }

  List<String> tags(String name) {
    ContainerRef repository = ContainerRef.parse(address.model(name));
    List<String> tags = new ArrayList<>();
    String last = null;
    do {
      String from = last;
      Optional<Tags> page =
          request("list tags of " + name, () -> registry.getTags(repository, PAGE, from));
      List<String> found = page.map(Tags::tags).orElse(List.of());
      tags.addAll(found);
      String next = page.map(Tags::last).orElse(null);
      last = found.isEmpty() || Objects.equals(next, last) ? null : next;
    } while (last != null);
    return tags;
  }

  /** The JSON of the manifest that a tag means. */
  Optional<String> manifest(String name, String tag) {
    return request(
        "read " + name + ":" + tag, () -> registry.getDescriptor(tag(name, tag)).getJson());
  }

  void putManifest(String name, String tag, String json) {
    request(
        "write " + name + ":" + tag,
        () -> registry.pushManifest(tag(name, tag), Manifest.fromJson(json)));
  }

  /** Deletes a manifest and with it every tag that means it. */
  void deleteManifest(String name, String digest) {
    request(
        "delete " + name + "@" + digest,
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
    request(
        "write " + name + "@" + digest,
        () -> registry.pushBlob(digest(name, digest), size, content, Map.of()));
  }

  /** Content that is not proved yet. */
  Optional<InputStream> blob(String name, String digest) {
    return request("read " + name + "@" + digest, () -> registry.fetchBlob(digest(name, digest)));
  }
}
