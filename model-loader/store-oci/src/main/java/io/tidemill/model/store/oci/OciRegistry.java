package io.tidemill.model.store.oci;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.Deadline;
import io.tidemill.model.store.oci.OciHttp.Call;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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

  private static final int MOST_PAGES = 1_000;

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final OciAddress address;
  private final OciRequests requests;
  private final OciHttp http;

  /** Nothing is asked of the registry. */
  OciRegistry(OciAddress address) {
    this.address = address;
    this.requests = new OciRequests(address.uri());
    this.http = new OciHttp(address, requests.threads());
  }

  private OciRegistry(OciAddress address, OciRequests requests, OciHttp http) {
    this.address = address;
    this.requests = requests;
    this.http = http;
  }

  /** The same registry, whose requests all end by then. */
  OciRegistry until(Deadline deadline) {
    return new OciRegistry(address, requests.until(deadline), http);
  }

  /** A model's name, or the store's own repository, which has none. */
  private String shown(String name) {
    return name.equals(OciAddress.STORE) ? address.repository() : name;
  }

  List<String> tags(String name) {
    Set<String> tags = new LinkedHashSet<>();
    URI next = address.api(name, "tags/list?n=" + PAGE);
    for (int pages = 1; next != null; pages++) {
      URI page = next;
      Optional<Page> there = requests.ask("list tags of " + shown(name), () -> page(name, page));
      List<String> found = there.map(Page::tags).orElse(List.of());
      next = found.isEmpty() ? null : there.get().next();
      boolean further = tags.addAll(found) || next == null;
      if (!further || tags.size() > MOST_TAGS || pages > MOST_PAGES) {
        throw new StoreUnavailableException(
            "store '%s': more than %d tags of %s, more than %d pages of them, or a page twice (expected: fewer); check that it is a registry that answers so"
                .formatted(address.uri(), MOST_TAGS, shown(name), MOST_PAGES));
      }
    }
    return List.copyOf(tags);
  }

  private record Page(List<String> tags, @Nullable URI next) {}

  private Page page(String name, URI at) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer = http.send(Call.of("GET", at, address.path(name)));
    List<String> tags = new ArrayList<>();
    try (InputStream body = answer.body()) {
      for (JsonNode tag : JSON.readTree(OciHttp.bounded(body)).path("tags")) {
        tags.add(tag.asText());
      }
    }
    Matcher link = NEXT.matcher(answer.headers().firstValue("Link").orElse(""));
    return new Page(tags, link.find() ? OciHttp.resolved(at, link.group(1)) : null);
  }

  /** The JSON of the manifest that a tag means. */
  Optional<String> manifest(String name, String tag) {
    return requests.ask(
        "read " + shown(name) + ":" + tag,
        () -> {
          Call call = call("GET", name, "manifests/" + tag).with("Accept", MANIFEST);
          try (InputStream body = http.send(call).body()) {
            return new String(OciHttp.bounded(body), UTF_8);
          }
        });
  }

  void putManifest(String name, String tag, String json) {
    requests.ask(
        "write " + shown(name) + ":" + tag,
        () ->
            done(
                call("PUT", name, "manifests/" + tag)
                    .with("Content-Type", MANIFEST)
                    .with(BodyPublishers.ofString(json))));
  }

  /** Deletes a manifest and with it every tag that means it. */
  void deleteManifest(String name, String digest) {
    requests.ask(
        "delete " + shown(name) + "@" + digest,
        () -> done(call("DELETE", name, "manifests/" + digest)));
  }

  /**
   * Puts content where it is not yet.
   *
   * @param digest what the registry proves it by
   */
  void putBlob(String name, String digest, long size, Supplier<InputStream> content) {
    String what = "write " + shown(name) + "@" + digest;
    if (requests.ask(what, () -> done(call("HEAD", name, "blobs/" + digest))).isPresent()) {
      return;
    }
    BodyPublisher body =
        size == 0
            ? BodyPublishers.noBody()
            : BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(content), size);
    requests.send(
        what,
        size,
        () -> {
          URI place = done(call("POST", name, "blobs/uploads/"));
          String query = (place.getRawQuery() == null ? "?" : "&") + "digest=" + digest;
          Call put = Call.of("PUT", URI.create(place + query), address.path(name));
          return done(put.with("Content-Type", "application/octet-stream").with(body));
        });
  }

  private Call call(String method, String name, String what) {
    return Call.of(method, address.api(name, what), address.path(name));
  }

  /** Sends it, and answers where the registry says that it goes on. */
  private URI done(Call call) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer = http.send(call);
    answer.body().close();
    return OciHttp.resolved(call.uri(), answer.headers().firstValue("Location").orElse(""));
  }

  /** Content that is not proved yet. */
  Optional<InputStream> blob(String name, String digest) {
    String what = "read " + shown(name) + "@" + digest;
    return requests
        .ask(what, () -> http.send(call("GET", name, "blobs/" + digest)).body())
        .map(in -> requests.bounded(what, in));
  }
}
