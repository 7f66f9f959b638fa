package io.tidemill.model.store.oci;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Debian's docker-registry on this machine, with its content in a folder. */
public final class DockerRegistry implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(3);

  private final Process process;
  private final String host;
  private final Path content;

  private DockerRegistry(Process process, String host, Path content) {
    this.process = process;
    this.host = host;
    this.content = content;
  }

  /** The program, if this machine has it. */
  public static Optional<Path> program() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, "docker-registry"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Starts it at 127.0.0.1, without TLS and passwords. */
  public static DockerRegistry start(Path program, Path folder, boolean deletes) throws Exception {
    return start(program, folder, deletes, "127.0.0.1:" + freePort(), "", "");
  }

  /**
   * Starts it with TLS and a password.
   *
   * @param host another address than 127.0.0.1, which clients speak to without TLS
   * @param certificates a file of PEM, the registry's first
   * @param key a file of PEM
   * @param users a file of names and bcrypt's hashes of passwords
   */
  public static DockerRegistry startWithTls(
      Path program, Path folder, String host, Path certificates, Path key, Path users)
      throws Exception {
    return start(
        program,
        folder,
        true,
        host,
        ", tls: { certificate: %s, key: %s }".formatted(certificates, key),
        "auth: { htpasswd: { realm: models, path: %s } }".formatted(users));
  }

  private static DockerRegistry start(
      Path program, Path folder, boolean deletes, String host, String tls, String auth)
      throws Exception {
    Path content = Files.createDirectories(folder.resolve("content"));
    Path settings =
        Files.writeString(
            folder.resolve("config.yml"),
            """
            version: 0.1
            log: { level: error }
            storage:
              filesystem: { rootdirectory: %s }
              delete: { enabled: %s }
            http: { addr: '%s'%s }
            %s
            """
                .formatted(content, deletes, host, tls, auth));
    Process process =
        new ProcessBuilder(program.toString(), "serve", settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("registry.log").toFile())
            .start();
    DockerRegistry registry = new DockerRegistry(process, host, content);
    try {
      registry.awaitStart();
      return registry;
    } catch (Exception e) {
      registry.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitStart() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + host + "/v2/")).build();
    long deadlineNanos = System.nanoTime() + START.toNanos();
    while (process.isAlive() && System.nanoTime() - deadlineNanos < 0) {
      try {
        HttpClient.newHttpClient().send(request, BodyHandlers.discarding());
        return;
      } catch (IOException starting) {
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
    throw new IllegalStateException("docker-registry does not start at " + host);
  }

  /** Its address and port. */
  public String host() {
    return host;
  }

  /** Where the registry keeps the bytes of a digest. */
  Path blob(String sha256) {
    return content.resolve(
        "docker/registry/v2/blobs/sha256/" + sha256.substring(0, 2) + "/" + sha256 + "/data");
  }

  /** Where the registry keeps the tags of a repository. */
  Path tags(String repository) {
    return content.resolve("docker/registry/v2/repositories/" + repository + "/_manifests/tags");
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
