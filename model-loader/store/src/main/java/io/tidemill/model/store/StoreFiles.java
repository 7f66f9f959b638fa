package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.engine.Operation;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.Path;

/**
 * What a store needs of Flink's file systems, with their differences taken out: what is not there
 * is empty everywhere, and a file appears whole or not at all.
 *
 * <p>Thread-safe.
 */
final class StoreFiles {
  /** More than any manifest has; what is longer is not one. */
  private static final int MAX_TEXT_BYTES = 4 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final String store;
  private final FileSystem files;

  StoreFiles(String store, FileSystem files) {
    this.store = store;
    this.files = files;
  }

  /** An operation on the file system. */
  interface Operation<T> {
    T run() throws IOException;
  }

  /** Runs it; whatever fails is the store's fault, and the message says where. */
  <T> T guarded(String what, Path where, Operation<T> operation) {
    try {
      return operation.run();
    } catch (ModelException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Flink's S3 file system, for one, throws what the client of S3 throws.
      throw unavailable(what, where, e);
    }
  }

  StoreUnavailableException unavailable(String what, Path where, Exception cause) {
    return new StoreUnavailableException(
        "store '%s': cannot %s %s (%s); check that it is reachable and that its credentials allow this"
            .formatted(store, what, where, cause),
        cause);
  }

  boolean local() {
    return !files.isDistributedFS();
  }

  /** What lies in a folder; nothing if there is no folder. */
  List<FileStatus> list(Path folder) {
    return guarded(
        "list",
        folder,
        () -> {
          try {
            FileStatus[] there = files.listStatus(folder);
            return there == null ? List.of() : List.of(there);
          } catch (FileNotFoundException e) {
            return List.of();
          }
        });
  }

  boolean exists(Path file) {
    return guarded("look for", file, () -> files.exists(file));
  }

  boolean isFolder(Path path) {
    return guarded("look for", path, () -> files.exists(path) && files.getFileStatus(path).isDir());
  }

  /** Paths of all files below a folder, relative to it. */
  List<String> tree(Path folder) {
    List<String> paths = new ArrayList<>();
    collect(folder, "", paths);
    return paths;
  }

  private void collect(Path folder, String prefix, List<String> paths) {
    for (FileStatus status : list(folder)) {
      String path = prefix + status.getPath().getName();
      refuseLink(status.getPath());
      if (status.isDir()) {
        collect(status.getPath(), path + "/", paths);
      } else {
        paths.add(path);
      }
    }
  }

  /** A link in a store of this machine may lead anywhere; other file systems have none. */
  void refuseLink(Path path) {
    if (local() && Files.isSymbolicLink(java.nio.file.Path.of(path.getPath()))) {
      throw new InvalidModelException(
          "'%s': a symbolic link (expected: a regular file or folder); publish the version again under another number"
              .formatted(path));
    }
  }

  /** The text of a small file, or empty if it is not there. */
  Optional<String> read(Path file) {
    Optional<byte[]> read =
        guarded(
            "read",
            file,
            () -> {
              try (InputStream in = files.open(file)) {
                return Optional.of(in.readNBytes(MAX_TEXT_BYTES + 1));
              } catch (FileNotFoundException e) {
                return Optional.empty();
              }
            });
    return read.map(bytes -> text(file, bytes));
  }

  private static String text(Path file, byte[] bytes) {
    if (bytes.length > MAX_TEXT_BYTES) {
      throw new InvalidModelException(
          "'%s': more than %d bytes (expected: a text)".formatted(file, MAX_TEXT_BYTES));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidModelException("'" + file + "': not UTF-8 (expected: a text)", e);
    }
  }

  /**
   * Opens a file that was listed. Flink's own S3 file system lists an object without bytes, and
   * then takes it for a folder and does not find it.
   */
  InputStream openListed(Path file) {
    return guarded(
        "read",
        file,
        () -> {
          try {
            return files.open(file);
          } catch (FileNotFoundException e) {
            return InputStream.nullInputStream();
          }
        });
  }

  /**
   * Writes a small file that readers see whole or not at all; replaces the one that is there. Only
   * where a file system's rename refuses to replace and its files grow in sight of readers (HDFS)
   * may one see a replaced file empty for a moment.
   */
  void write(Path file, String text) {
    guarded(
        "write",
        file,
        () -> {
          Path part = new Path(file.getParent(), "." + file.getName() + "." + UUID.randomUUID());
          put(part, WriteMode.NO_OVERWRITE, text);
          if (!files.rename(part, file)) {
            files.delete(part, false);
            if (local()) {
              throw new IOException("rename refused");
            }
            put(file, WriteMode.OVERWRITE, text);
          }
          return file;
        });
  }

  private void put(Path file, WriteMode mode, String text) throws IOException {
    try (OutputStream out = files.create(file, mode)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Copies a file of this machine into the store.
   *
   * @return what was copied
   * @throws IOException if the file cannot be read
   */
  ModelFile upload(String path, java.nio.file.Path source, Path file, Transfer transfer)
      throws IOException {
    MessageDigest digest = ManifestDigest.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    long size = 0;
    try (InputStream in = Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS);
        OutputStream out = guarded("write", file, () -> files.create(file, WriteMode.OVERWRITE))) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        int length = read;
        guarded(
            "write",
            file,
            () -> {
              out.write(buffer, 0, length);
              return length;
            });
        digest.update(buffer, 0, length);
        size += length;
        transfer.add(length);
      }
    }
    return new ModelFile(path, size, HexFormat.of().formatHex(digest.digest()));
  }

  /**
   * Moves a folder in one step.
   *
   * @return false if it is not there, or something is in its new place
   */
  boolean move(Path from, Path to) {
    return guarded(
        "move",
        from,
        () -> {
          try {
            return files.rename(from, to);
          } catch (FileSystemException e) {
            // Another process was faster.
            if (files.exists(to) || !files.exists(from)) {
              return false;
            }
            throw e;
          }
        });
  }

  /** Deletes a file, or a folder with everything in it; nothing if it is not there. */
  void delete(Path path) {
    guarded(
        "delete",
        path,
        () -> {
          if (files.exists(path) && !files.delete(path, true) && files.exists(path)) {
            throw new IOException("refused");
          }
          return path;
        });
  }
}
