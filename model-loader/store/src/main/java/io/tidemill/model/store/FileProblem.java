package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

/**
 * A file of a version that is not as the manifest says.
 *
 * @param path as in the manifest, relative to the version's files
 * @param detail what is there and what was expected
 */
public record FileProblem(String path, Kind kind, String detail) {
  /** What can be wrong with a file. */
  public enum Kind {
    /** The manifest names it and the store does not have it. */
    MISSING,
    /** The store has it and the manifest does not name it. */
    EXTRA,
    /** It has another SHA-256. */
    CHANGED,
    /** It has fewer bytes. */
    TRUNCATED,
    /** It has more bytes. */
    GROWN
  }

  public FileProblem {
    requireNonNull(path, "path");
    requireNonNull(kind, "kind");
    requireNonNull(detail, "detail");
  }

  /** A file of the manifest that is not there. */
  public static FileProblem missing(String path) {
    return new FileProblem(path, Kind.MISSING, "missing");
  }

  /** A file that is not in the manifest. */
  public static FileProblem extra(String path) {
    return new FileProblem(path, Kind.EXTRA, "not in the manifest");
  }

  /** A file of another size. */
  public static FileProblem size(ModelFile expected, long size) {
    Kind kind = size < expected.size() ? Kind.TRUNCATED : Kind.GROWN;
    return new FileProblem(
        expected.path(), kind, "%d bytes (expected: %d)".formatted(size, expected.size()));
  }

  /** A file of the right size with other content. */
  public static FileProblem changed(ModelFile expected, String sha256) {
    return new FileProblem(
        expected.path(),
        Kind.CHANGED,
        "sha256 %s (expected: %s)".formatted(sha256, expected.sha256()));
  }

  /** {@code file 'saved_model.pb': missing}. */
  @Override
  public String toString() {
    return "file '" + path + "': " + detail;
  }
}
