package io.tidemill.model.store.cache;

import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Collections;
import java.util.Set;

/**
 * A folder that only this process's user can write, so that what is proved in it stays so. Where
 * the file system knows no owners, every folder counts as one.
 */
record OwnFolder(Path path) {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

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
   * Checks who can write the folder.
   *
   * @throws UnavailableHereException if others own it or can write it
   */
  void check() throws IOException {
    if (!POSIX) {
      return;
    }
    PosixFileAttributes there =
        Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!there.owner().equals(user())) {
      throw new UnavailableHereException(
          "model cache '%s': owned by '%s' (expected: by '%s'); name a folder of your own"
              .formatted(path, there.owner().getName(), user().getName()));
    }
    if (!Collections.disjoint(there.permissions(), WRITABLE_BY_OTHERS)) {
      throw new UnavailableHereException(
          "model cache '%s': %s, so others can change what is proved (expected: written by '%s' alone); run 'chmod go-w' on it, or name a folder of your own"
              .formatted(
                  path,
                  PosixFilePermissions.toString(there.permissions()),
                  there.owner().getName()));
    }
  }

  /** Who this process is: whoever owns what it writes. */
  private UserPrincipal user() throws IOException {
    Path probe = Files.createTempFile("tidemill", ".owner");
    try {
      return Files.getOwner(probe);
    } finally {
      Files.delete(probe);
    }
  }
}
