package io.tidemill.model.store;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.configuration.Configuration;

/** An S3 endpoint on this machine, in a process of its own. */
public final class S3Proxy implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(3);

  private final Process process;
  private final String endpoint;

  private S3Proxy(Process process, String endpoint) {
    this.process = process;
    this.endpoint = endpoint;
  }

  /**
   * Starts it, with one bucket that is kept in memory.
   *
   * @param folder for its settings and its log
   */
  public static S3Proxy start(Path folder, String bucket) throws Exception {
    return start(folder, bucket, "s3proxy.authorization=none\njclouds.provider=transient-nio2");
  }

  /**
   * Starts it, with one bucket that is a folder in another, and whose objects are files.
   *
   * @param folder for its settings and its log, too
   */
  public static S3Proxy startOn(Path folder, String bucket) throws Exception {
    return start(
        folder,
        bucket,
        "s3proxy.authorization=none\njclouds.provider=filesystem-nio2\njclouds.filesystem.basedir="
            + folder.toAbsolutePath());
  }

  /**
   * Starts it, with one bucket that is a folder in another, for one user alone, and with TLS at a
   * second address.
   *
   * @param folder for its settings and its log
   * @param secure the second address, such as {@code 127.0.0.1:9443}
   * @param keys a file of PKCS12, for {@code password}
   * @param secret of the user {@code scoring}
   */
  public static S3Proxy startWithTls(
      Path folder, String bucket, String secure, Path keys, String password, String secret)
      throws Exception {
    Path buckets = Files.createDirectory(folder.resolve("buckets")).toAbsolutePath();
    Files.createDirectory(buckets.resolve(bucket));
    return start(
        folder,
        bucket,
        """
        s3proxy.authorization=aws-v2-or-v4
        s3proxy.identity=scoring
        s3proxy.credential=%s
        jclouds.provider=filesystem-nio2
        jclouds.filesystem.basedir=%s
        s3proxy.secure-endpoint=https://%s
        s3proxy.keystore-path=%s
        s3proxy.keystore-password=%s
        """
            .formatted(secret, buckets, secure, keys.toAbsolutePath(), password));
  }

  private static S3Proxy start(Path folder, String bucket, String provider) throws Exception {
    String endpoint = "http://127.0.0.1:" + freePort();
    Path settings =
        Files.writeString(
            folder.resolve("s3proxy.properties"),
            """
            s3proxy.endpoint=%s
            jclouds.identity=none
            jclouds.credential=none
            %s
            """
                .formatted(endpoint, provider));
    File log = folder.resolve("s3proxy.log").toFile();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                Path.of("target", "s3proxy", "s3proxy.jar").toAbsolutePath().toString(),
                "--properties",
                settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    S3Proxy proxy = new S3Proxy(process, endpoint);
    try {
      proxy.create(bucket, log);
      return proxy;
    } catch (Exception e) {
      proxy.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void create(String bucket, File log) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoint + "/" + bucket))
            .PUT(BodyPublishers.noBody())
            .build();
    long deadlineNanos = System.nanoTime() + START.toNanos();
    while (process.isAlive() && System.nanoTime() - deadlineNanos < 0) {
      try {
        int status =
            HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
        // One that wants a signature has its bucket already.
        if (status == 200 || status == 403) {
          return;
        }
      } catch (IOException starting) {
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
      }
    }
    throw new IllegalStateException("S3Proxy does not start: " + Files.readString(log.toPath()));
  }

  /**
   * Writes an object.
   *
   * @param place its bucket and its key
   */
  public void put(String place, String content) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoint + "/" + place))
            .PUT(BodyPublishers.ofString(content))
            .build();
    int status = HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
    if (status != 200) {
      throw new IOException("%s: %d".formatted(place, status));
    }
  }

  /** Its address. */
  public String endpoint() {
    return endpoint;
  }

  /** What Flink must be told to find it. */
  public Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.setString("s3.endpoint", endpoint);
    configuration.setString("s3.path-style-access", "true");
    configuration.setString("s3.access-key", "none");
    configuration.setString("s3.secret-key", "none");
    configuration.setString("s3.region", "us-east-1");
    configuration.setString("s3.chunked-encoding.enabled", "false");
    configuration.setString("s3.checksum-validation.enabled", "false");
    return configuration;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
