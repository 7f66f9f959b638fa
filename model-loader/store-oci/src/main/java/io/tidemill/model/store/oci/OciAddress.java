package io.tidemill.model.store.oci;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import java.net.URI;
import java.util.regex.Pattern;

/**
 * Where a store is in a registry.
 *
 * @param host with its port, if it has one
 * @param repository what stands before the models' names
 */
record OciAddress(String host, String repository) {
  /** The system property that allows HTTP to hosts other than this machine. */
  static final String INSECURE = "tidemill.oci.insecure";

  /** The name of what belongs to no single model, in the store's own repository. */
  static final String STORE = "";

  private static final Pattern LOCAL = Pattern.compile("(localhost|127\\.0\\.0\\.1)(:\\d+)?");
  private static final String SEGMENT = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*";
  private static final Pattern REPOSITORY = Pattern.compile(SEGMENT + "(/" + SEGMENT + ")*");

  static OciAddress parse(String uri) {
    URI parsed;
    try {
      parsed = URI.create(uri);
    } catch (IllegalArgumentException e) {
      throw refused(uri);
    }
    if (parsed.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "store: a registry with a user (expected: none); log in with 'docker login' or 'oras login'");
    }
    String path = String.valueOf(parsed.getPath()).replaceAll("^/+|/+$", "");
    if (parsed.getHost() == null || !REPOSITORY.matcher(path).matches()) {
      throw refused(uri);
    }
    return new OciAddress(parsed.getAuthority(), path);
  }

  private static IllegalArgumentException refused(String uri) {
    return new IllegalArgumentException(
        "store: '%s' (expected: a registry and a repository in lower case, as in oci://registry.example.com/models)"
            .formatted(uri));
  }

  /** Whether it speaks HTTP: to this machine, or where {@value #INSECURE} allows it. */
  boolean insecure() {
    return LOCAL.matcher(host).matches() || Boolean.getBoolean(INSECURE);
  }

  String scheme() {
    return insecure() ? "http" : "https";
  }

  /** Where the registry's API has something of a model's repository. */
  URI api(String name, String what) {
    return URI.create("%s://%s/v2/%s/%s".formatted(scheme(), host, path(name), what));
  }

  String uri() {
    return "oci://" + host + "/" + repository;
  }

  /**
   * The repository of a model or of the {@link #STORE}, with the registry before it.
   *
   * @throws InvalidModelException if registries allow no such name
   */
  String model(String name) {
    return host + "/" + path(name);
  }

  /** The repository of a model or of the {@link #STORE}. */
  String path(String name) {
    if (name.equals(STORE)) {
      return repository;
    }
    ModelRef.checkName("model name", name);
    if (!REPOSITORY.matcher(name).matches()) {
      throw new InvalidModelException(
          "model name: '%s' (expected: as repositories of a registry are named: '.', '_' and '-' only between letters and digits)"
              .formatted(name));
    }
    return repository + "/" + name;
  }
}
