package io.tidemill.model.store.cache;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A folder that only this process's user can write, so that what is proved in it stays so; nor may
 * others put another folder in its place. It may be behind a link. Where the file system knows no
 * owners, every folder counts as one.
 */
record OwnFolder(Path path) {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
  private static final int WRITABLE_BY_GROUP = 0020;
  private static final int WRITABLE_BY_OTHERS = 0002;

  /** In such a folder, everybody renames and deletes only what is his own. */
  private static final int STICKY = 01000;

  private static final int ROOT = 0;

  /** Who a container says that owns what is root's outside of it. */
  private static final int NOBODY = 65534;

  /** Makes the folder where it is not there, for this user alone. */
  void create() throws IOException {
    if (Files.exists(path) || !POSIX) {
      Files.createDirectories(path);
      return;
    }
    Path parent = path.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectories(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /**
   * Checks who can write the folder, or change which one it is.
   *
   * @throws UnavailableHereException if others own it or can write it, or can rename it
   */
  void check() throws IOException {
    if (!POSIX) {
      return;
    }
    Owned user = user();
    Path real = path.toRealPath();
    Owned folder = Owned.of(real);
    if (folder.uid() != user.uid()) {
      throw new UnavailableHereException(
          "model cache '%s': owned by '%s' (expected: by '%s'); name a folder of your own"
              .formatted(path, folder.name(), user.name()));
    }
    if (folder.has(WRITABLE_BY_GROUP | WRITABLE_BY_OTHERS)) {
      throw new UnavailableHereException(
          "model cache '%s': %s, so others can change what is proved (expected: written by '%s' alone); run 'chmod go-w %s', or name a folder of your own"
              .formatted(path, folder.permissions(), user.name(), real));
    }
    Set<Path> above = new LinkedHashSet<>();
    for (Path start : List.of(real, path.toAbsolutePath())) {
      for (Path parent = start.getParent(); parent != null; parent = parent.getParent()) {
        above.add(parent);
      }
    }
    for (Path parent : above) {
      checkAbove(parent, user);
    }
  }

  private void checkAbove(Path parent, Owned user) throws IOException {
    Owned there = Owned.of(parent);
    boolean trusted = List.of(ROOT, NOBODY, user.uid()).contains(there.uid());
    boolean shared =
        there.has(WRITABLE_BY_OTHERS)
            || (there.has(WRITABLE_BY_GROUP)
                && there.gid() != ROOT
                && there.gid() != user.ownGroup());
    if (!trusted || (shared && !there.has(STICKY))) {
      throw new UnavailableHereException(
          "model cache '%s': '%s' above it is %s of '%s', so others can put another folder in its place (expected: owned by '%s' or root, and written by nobody else or 'chmod +t'); name a folder elsewhere"
              .formatted(path, parent, there.permissions(), there.name(), user.name()));
    }
  }

  /** Whose a file is, and what others may do with it. */
  private record Owned(int uid, int gid, int mode, String name, String permissions) {
    static Owned of(Path file) throws IOException {
      PosixFileAttributes posix = Files.readAttributes(file, PosixFileAttributes.class);
      return new Owned(
          number(file, "unix:uid"),
          number(file, "unix:gid"),
          number(file, "unix:mode"),
          posix.owner().getName(),
          PosixFilePermissions.toString(posix.permissions()));
    }

    private static int number(Path file, String attribute) throws IOException {
      return (Integer) requireNonNull(Files.getAttribute(file, attribute), attribute);
    }

    /**
     * The group that many systems make for each user alone, and name by his number; else root's.
     */
    int ownGroup() {
      return gid == uid ? gid : ROOT;
    }

    boolean has(int bits) {
      return (mode & bits) != 0;
    }
  }

  /** Who this process is: whoever owns what it writes. */
  private static Owned user() throws IOException {
    Path probe = Files.createTempFile("tidemill", ".owner");
    try {
      return Owned.of(probe);
    } finally {
      Files.delete(probe);
    }
  }
}
