package io.tidemill.model.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Files below a folder on one of Flink's file systems, with the differences of these taken out:
 * what is not there is empty everywhere, a text appears whole or not at all, and every failure says
 * where it was.
 *
 * <p>Thread-safe.
 *
 * @param failure what all of this throws
 * @param deadline after which nothing begins
 */
public record GuardedFiles(Path root, FileSystem files, Failure failure, Deadline deadline) {
  /** How often a folder is listed until nothing that was in it goes meanwhile. */
  private static final int LISTINGS = 100;

  /** Files that nobody is in a hurry with. */
  public GuardedFiles(Path root, FileSystem files, Failure failure) {
    this(root, files, failure, Deadline.NONE);
  }

  GuardedFiles until(Deadline earlier) {
    return new GuardedFiles(root, files, failure, deadline.or(earlier));
  }

  private void checkInTime() throws IOException {
    if (deadline.passed()) {
      throw new IOException("the time for it is over");
    }
  }

  /** An operation on the file system. */
  private interface Operation<T> {
    T run() throws IOException;
  }

  /** Makes what is thrown. */
  public interface Failure {
    /**
     * A failure.
     *
     * @param message begins with the place in quotes
     * @param cause null where a link or a special file is in the way
     */
    RuntimeException of(String message, @Nullable Throwable cause);
  }

  /** Runs it; whatever fails is the place's fault, and the message says where. */
  private <T> T guarded(String what, Path where, Operation<T> operation) {
    refuseLinksAbove(where);
    try {
      checkInTime();
      return operation.run();
    } catch (IOException | RuntimeException e) {
      // Flink's S3 file system, for one, throws what the client of S3 throws.
      throw failure.of(
          "'%s': cannot %s %s (%s); check that it is reachable and that its credentials allow this"
              .formatted(root, what, where, e),
          e);
    }
  }

  /** Whether they are this machine's, where a folder is moved in one step and may be a link. */
  public boolean local() {
    return !files.isDistributedFS();
  }

  /** What lies in a folder; nothing if there is no folder. */
  public List<FileStatus> list(Path folder) {
    return guarded(
        "list",
        folder,
        () -> {
          FileNotFoundException gone = null;
          for (int listing = 0; listing < LISTINGS; listing++) {
            try {
              FileStatus[] there = files.listStatus(folder);
              return there == null ? List.of() : List.of(there);
            } catch (FileNotFoundException e) {
              // Some file systems answer so too if one in the folder goes meanwhile.
              if (local()) {
                return listOneByOne(folder);
              }
              if (!files.exists(folder)) {
                return List.of();
              }
              gone = e;
            }
          }
          throw requireNonNull(gone, "gone");
        });
  }

  private List<FileStatus> listOneByOne(Path folder) throws IOException {
    List<FileStatus> there = new ArrayList<>();
    try (DirectoryStream<java.nio.file.Path> children = Files.newDirectoryStream(onDisk(folder))) {
      for (java.nio.file.Path child : children) {
        try {
          there.add(files.getFileStatus(new Path(folder, String.valueOf(child.getFileName()))));
        } catch (FileNotFoundException gone) {
          // Or a link to nothing, which is nothing to a store.
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    return there;
  }

  /** A file or a folder with everything in it, as something that was left. */
  StoreLeftover leftover(FileStatus status) {
    long bytes = status.isDir() ? 0 : status.getLen();
    Instant written = Instant.ofEpochMilli(status.getModificationTime());
    if (status.isDir()) {
      for (FileStatus child : list(status.getPath())) {
        StoreLeftover inside = leftover(child);
        bytes += inside.bytes();
        written = inside.written().isAfter(written) ? inside.written() : written;
      }
    }
    return new StoreLeftover(status.getPath().toString(), bytes, written);
  }

  public boolean exists(Path file) {
    return guarded("look for", file, () -> files.exists(file));
  }

  boolean isFolder(Path path) {
    return guarded("look for", path, () -> files.exists(path) && files.getFileStatus(path).isDir());
  }

  /** Paths of all files below a folder, relative to it. */
  public List<String> tree(Path folder) {
    refuseSpecial(folder);
    List<String> paths = new ArrayList<>();
    for (FileStatus status : list(folder)) {
      Path child = status.getPath();
      if (status.isDir()) {
        tree(child).forEach(path -> paths.add(child.getName() + "/" + path));
      } else {
        refuseSpecial(child);
        paths.add(child.getName());
      }
    }
    return paths;
  }

  /** Whether it is a link, which a store of this machine may hold and nobody follows. */
  boolean isLink(Path path) {
    return local() && Files.isSymbolicLink(onDisk(path));
  }

  /** A link in a store of this machine may lead anywhere, and a pipe never ends. */
  private void refuseSpecial(Path path) {
    if (!local() || !Files.exists(onDisk(path), LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    boolean plain =
        Files.isRegularFile(onDisk(path), LinkOption.NOFOLLOW_LINKS)
            || Files.isDirectory(onDisk(path), LinkOption.NOFOLLOW_LINKS);
    if (!plain) {
      throw special(path.toString(), isLink(path) ? "symbolic link" : "special file");
    }
  }

  /** The store's own folder may be a link, but none between it and what is in it. */
  private void refuseLinksAbove(Path path) {
    if (!local()) {
      return;
    }
    java.nio.file.Path own = onDisk(root);
    java.nio.file.Path folder = onDisk(path).getParent();
    while (folder != null && folder.startsWith(own) && !folder.equals(own)) {
      if (Files.isSymbolicLink(folder)) {
        throw special(folder.toString(), "symbolic link");
      }
      folder = folder.getParent();
    }
  }

  private RuntimeException special(String path, String kind) {
    return failure.of(
        "'%s': a %s (expected: a regular file or folder); take it away, and publish or set again what it stands for"
            .formatted(path, kind),
        null);
  }

  private static java.nio.file.Path onDisk(Path path) {
    return java.nio.file.Path.of(path.getPath());
  }

  /** The beginning of a file, or empty if it is not there. */
  public Optional<byte[]> read(Path file, int mostBytes) {
    refuseSpecial(file);
    return guarded(
        "read",
        file,
        () -> {
          try (InputStream in = files.open(file)) {
            return Optional.of(in.readNBytes(mostBytes));
          } catch (FileNotFoundException e) {
            return Optional.empty();
          }
        });
  }

  /**
   * Opens a file that was listed. Flink's own S3 file system lists an object without bytes, and
   * then takes it for a folder and does not find it.
   */
  InputStream openListed(Path file) {
    InputStream there =
        guarded(
            "read",
            file,
            () -> {
              try {
                return files.open(file);
              } catch (FileNotFoundException e) {
                return InputStream.nullInputStream();
              }
            });
    return new FilterInputStream(there) {
      @Override
      public int read(byte[] buffer, int offset, int length) {
        return guarded("read", file, () -> in.read(buffer, offset, length));
      }
    };
  }

  /**
   * Writes a small file that readers see whole or not at all; replaces the one that is there. Only
   * where a file system's rename refuses to replace and its files grow in sight of readers (HDFS)
   * may one see a replaced file empty for a moment.
   */
  public void write(Path file, String text) {
    guarded(
        "write",
        file,
        () -> {
          Path part = new Path(file.getParent(), "." + file.getName() + "." + UUID.randomUUID());
          try {
            put(part, WriteMode.NO_OVERWRITE, text);
            checkInTime();
            if (local()) {
              // Flink's own rename takes away what is there before it moves.
              Files.move(onDisk(part), onDisk(file), StandardCopyOption.ATOMIC_MOVE);
            } else if (!files.rename(part, file)) {
              files.delete(part, false);
              put(file, WriteMode.OVERWRITE, text);
            }
          } catch (IOException noRoom) {
            files.delete(part, false);
            throw noRoom;
          }
          return file;
        });
  }

  private void put(Path file, WriteMode mode, String text) throws IOException {
    try (OutputStream out = files.create(file, mode)) {
      out.write(text.getBytes(UTF_8));
    }
  }

  /** Copies everything of a stream, which throws its own failures unchecked, into a file. */
  void copy(InputStream content, Path file) {
    guarded(
        "write",
        file,
        () -> {
          try (OutputStream out = files.create(file, WriteMode.OVERWRITE)) {
            return content.transferTo(out);
          }
        });
  }

  /** Makes a folder, and those above it. */
  public void makeFolder(Path folder) {
    guarded("make", folder, () -> files.mkdirs(folder));
  }

  /**
   * Moves a folder in one step.
   *
   * @return false if it is not there, or something is in its new place
   */
  public boolean move(Path from, Path to) {
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

  /** Deletes a file, or a folder with everything in it, but follows no link. */
  public void delete(Path path) {
    guarded(
        "delete",
        path,
        () -> {
          if (local()) {
            PathUtils.delete(onDisk(path));
          } else if (files.exists(path) && !files.delete(path, true) && files.exists(path)) {
            throw new IOException("refused");
          }
          return path;
        });
  }

  /** Deletes a folder of this machine if it is empty. */
  void deleteIfEmpty(Path folder) {
    refuseLinksAbove(folder);
    try {
      Files.deleteIfExists(onDisk(folder));
    } catch (IOException notEmpty) {
      // It holds something, which is why it stays.
    }
  }
}
