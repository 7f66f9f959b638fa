package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A version's files on the local disk: listed for a push, proved before a load. */
final class ModelFiles {
  private static final int BUFFER_BYTES = 1 << 16;

  private ModelFiles() {}

  /**
   * Regular files under a folder, or the one file, by the path that a manifest would give them.
   *
   * @throws InvalidModelException if anything there is a link or another special file
   */
  static Map<String, Path> list(Path fileOrDirectory) throws IOException {
    Map<String, Path> files = new TreeMap<>();
    if (Files.isRegularFile(fileOrDirectory, LinkOption.NOFOLLOW_LINKS)) {
      files.put(String.valueOf(fileOrDirectory.getFileName()), fileOrDirectory);
      return files;
    }
    Files.walkFileTree(
        fileOrDirectory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!attributes.isRegularFile()) {
              throw new InvalidModelException(
                  "'%s': %s (expected: a regular file); copy what it points to into the folder"
                      .formatted(
                          file,
                          attributes.isSymbolicLink() ? "a symbolic link" : "a special file"));
            }
            files.put(portable(fileOrDirectory.relativize(file)), file);
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  private static String portable(Path relative) {
    List<String> names = new ArrayList<>();
    relative.forEach(name -> names.add(name.toString()));
    return String.join("/", names);
  }

  /** The file as a manifest proves it. */
  static ModelFile measure(String path, Path file) throws IOException {
    MessageDigest digest = ManifestDigest.sha256();
    long size = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
        size += read;
      }
    }
    return new ModelFile(path, size, HexFormat.of().formatHex(digest.digest()));
  }

  /**
   * What keeps a folder from being proved to hold a version's files, each with its size and
   * SHA-256, and nothing else. Empty if it is proved.
   */
  static List<String> differences(ModelManifest manifest, Path directory) throws IOException {
    Map<String, Path> there;
    try {
      there =
          Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
              ? list(directory)
              : new HashMap<>();
    } catch (InvalidModelException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
    List<String> problems = new ArrayList<>();
    for (ModelFile file : manifest.files()) {
      Path path = there.remove(file.path());
      String problem = path == null ? "missing" : difference(file, path);
      if (!problem.isEmpty()) {
        problems.add("file '" + file.path() + "': " + problem);
      }
    }
    there.keySet().forEach(path -> problems.add("file '" + path + "': not in the manifest"));
    return problems;
  }

  private static String difference(ModelFile expected, Path path) throws IOException {
    long size = Files.size(path);
    if (size != expected.size()) {
      return "%d bytes (expected: %d)".formatted(size, expected.size());
    }
    String sha256 = measure(expected.path(), path).sha256();
    return sha256.equals(expected.sha256())
        ? ""
        : "sha256 %s (expected: %s)".formatted(sha256, expected.sha256());
  }

  /** Deletes a folder with everything in it; nothing if it is not there. Follows no link. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
