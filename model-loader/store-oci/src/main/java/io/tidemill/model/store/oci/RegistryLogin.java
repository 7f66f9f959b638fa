package io.tidemill.model.store.oci;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * What {@code docker login}, {@code podman login} or {@code oras login} left for a registry, in a
 * file or with a credential helper.
 *
 * <p>Thread-safe.
 */
record RegistryLogin(OciAddress address) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_BYTES = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern HELPER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /**
   * The value of the header {@code Authorization}; empty if nobody logged in. Blocks on a
   * credential helper, if one is named.
   *
   * @throws StoreUnavailableException if a file or a helper is damaged; no secret is in its message
   */
  Optional<String> basic() {
    for (Path file : files()) {
      if (Files.isRegularFile(file)) {
        Optional<String> found = in(file);
        if (found.isPresent()) {
          return found.map(credentials -> "Basic " + credentials);
        }
      }
    }
    return Optional.empty();
  }

  private static List<Path> files() {
    String named = System.getenv("REGISTRY_AUTH_FILE");
    if (named != null && !named.isBlank()) {
      return List.of(Path.of(named));
    }
    List<Path> files = new ArrayList<>();
    files.add(Path.of(System.getProperty("user.home", ""), ".docker", "config.json"));
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    if (runtime != null && !runtime.isBlank()) {
      files.add(Path.of(runtime, "containers", "auth.json"));
    }
    return files;
  }

  private Optional<String> in(Path file) {
    JsonNode config;
    try (InputStream in = Files.newInputStream(file)) {
      config = JSON.readTree(in.readNBytes(MOST_BYTES));
    } catch (IOException e) {
      // What Jackson says may show a secret.
      throw new StoreUnavailableException(
          "credentials of 'docker login': '%s' cannot be read (expected: its JSON)"
              .formatted(file));
    }
    for (String key : keys()) {
      String helper = config.path("credHelpers").path(key).asText();
      String auth = config.path("auths").path(key).path("auth").asText();
      Optional<String> found =
          !helper.isEmpty() ? ask(file, helper) : Optional.of(auth).filter(text -> !text.isEmpty());
      if (found.isPresent()) {
        return found;
      }
    }
    String store = config.path("credsStore").asText();
    return store.isEmpty() ? Optional.empty() : ask(file, store);
  }

  /** From the repository to the whole registry: podman's login may be for a part of one. */
  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    String key = address.host() + "/" + address.repository();
    for (int end = key.length(); end > 0; end = key.lastIndexOf('/', end - 1)) {
      keys.add(key.substring(0, end));
    }
    keys.add("https://" + address.host());
    keys.add("https://" + address.host() + "/v1/");
    return keys;
  }

  private Optional<String> ask(Path file, String helper) {
    if (!HELPER.matcher(helper).matches()) {
      throw new StoreUnavailableException(
          "credentials of 'docker login': '%s' names the helper '%s' (expected: letters and digits)"
              .formatted(file, helper));
    }
    String program = "docker-credential-" + helper;
    try {
      Process process =
          new ProcessBuilder(program, "get").redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        process.getOutputStream().write(address.host().getBytes(UTF_8));
        process.getOutputStream().close();
        byte[] answer = process.getInputStream().readNBytes(MOST_BYTES);
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IOException("no answer in time");
        }
        return process.exitValue() == 0 ? credentials(answer) : Optional.empty();
      } finally {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(program, "interrupted");
    } catch (IOException e) {
      throw failed(program, "it does not run, or answers no JSON");
    }
  }

  private static Optional<String> credentials(byte[] answer) throws IOException {
    JsonNode json = JSON.readTree(answer);
    String both = json.path("Username").asText() + ":" + json.path("Secret").asText();
    return Optional.of(Base64.getEncoder().encodeToString(both.getBytes(UTF_8)));
  }

  private static StoreUnavailableException failed(String program, String reason) {
    return new StoreUnavailableException(
        "credentials of 'docker login': helper '%s': %s".formatted(program, reason));
  }
}
