package io.tidemill.model.store;

import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;

/**
 * Opens stores: on any file system that Flink reaches, with the credentials that Flink already has,
 * and of every kind that a {@link StoreProvider} knows.
 *
 * <p>Thread-safe.
 */
public final class ModelStores {
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:.*");

  private ModelStores() {}

  /**
   * Opens a store. Nothing is written: the folder comes with the first push.
   *
   * @param uri such as {@code s3://models/tidemill}; a plain path means a folder of this machine,
   *     and {@code oci://registry.example.com/models} a registry
   * @throws IllegalArgumentException if it is not a URI or carries a password
   * @throws StoreUnavailableException if Flink has no file system for the scheme, or it does not
   *     start
   */
  public static ModelStore open(String uri) {
    Optional<StoreProvider> provider = StoreProvider.find(uri);
    if (provider.isPresent()) {
      return provider.get().open(uri);
    }
    Path root = new Path(URI.create(absolute(uri).toString().replaceAll("(?<=[^/])/+$", "")));
    try {
      FileSystem files = root.getFileSystem();
      return new FileSystemModelStore(new StoreFiles(root.toString(), files), root);
    } catch (UnsupportedFileSystemSchemeException e) {
      throw new StoreUnavailableException(
          "store '%s': Flink has no file system for '%s:' here; put its plugin into Flink's plugins folder, such as plugins/s3-fs-hadoop/flink-s3-fs-hadoop-<version>.jar for s3:"
              .formatted(root, root.toUri().getScheme()),
          e);
    } catch (IOException | IllegalArgumentException e) {
      // Flink's S3 file system, for one, answers a missing region so.
      throw new StoreUnavailableException(
          "store '%s': its file system does not start (%s); check the address and the credentials in Flink's configuration"
              .formatted(root, e.getMessage()),
          e);
    }
  }

  private static URI absolute(String uri) {
    if (uri.isBlank()) {
      throw new IllegalArgumentException(
          "store: '" + uri + "' (expected: a URI as in s3://models/tidemill, or a folder)");
    }
    if (!SCHEME.matcher(uri).matches()) {
      return java.nio.file.Path.of(uri).toAbsolutePath().normalize().toUri();
    }
    URI parsed;
    try {
      parsed = URI.create(uri.replace(" ", "%20"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "store: '" + uri + "' (expected: a URI as in s3://models/tidemill, or a folder)", e);
    }
    String user = parsed.getUserInfo();
    if (user != null && user.contains(":")) {
      throw new IllegalArgumentException(
          "store: a URI with a password (expected: none); put the credentials into Flink's configuration");
    }
    return parsed;
  }
}
