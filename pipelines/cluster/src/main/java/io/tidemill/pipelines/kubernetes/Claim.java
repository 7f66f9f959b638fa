package io.tidemill.pipelines.kubernetes;

/**
 * A volume that is there, and where pods have it.
 *
 * @param name of a PersistentVolumeClaim
 * @param path where it is mounted, absolute
 */
public record Claim(String name, String path) {
  public Claim {
    ObjectName.check("claim", name);
    if (!isPath(path)) {
      throw new IllegalArgumentException(
          "claim: path '%s' (expected: an absolute path without '.' and '..', as in /data)"
              .formatted(path));
    }
  }

  /**
   * Reads {@code NAME:PATH}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Claim parse(String text) {
    String[] parts = text.split(":", 2);
    if (parts.length != 2) {
      throw new IllegalArgumentException(
          "'%s' (expected: the name of a PersistentVolumeClaim and where to mount it, as in lake:/data)"
              .formatted(text));
    }
    return new Claim(parts[0], parts[1]);
  }

  static boolean isPath(String path) {
    return path.matches("/(?!\\.\\.?(/|$))[^/:]+(/(?!\\.\\.?(/|$))[^/:]+)*");
  }

  boolean holds(String folder) {
    return folder.equals(path) || folder.startsWith(path + "/");
  }
}
