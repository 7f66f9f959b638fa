package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

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

  static FileProblem missing(String path) {
    return new FileProblem(path, Kind.MISSING, "missing");
  }

  static FileProblem extra(String path) {
    return new FileProblem(path, Kind.EXTRA, "not in the manifest");
  }

  /** A file that has more bytes than anyone reads of it. */
  static FileProblem grown(ModelFile expected) {
    long size = expected.size();
    return new FileProblem(
        expected.path(), Kind.GROWN, "more than %d bytes (expected: %d)".formatted(size, size));
  }

  /** What tells a file that is there from the one that is expected. */
  static Optional<FileProblem> between(ModelFile expected, ModelFile there) {
    if (there.size() != expected.size()) {
      Kind kind = there.size() < expected.size() ? Kind.TRUNCATED : Kind.GROWN;
      return Optional.of(
          new FileProblem(
              expected.path(),
              kind,
              "%d bytes (expected: %d)".formatted(there.size(), expected.size())));
    }
    return there.sha256().equals(expected.sha256())
        ? Optional.empty()
        : Optional.of(
            new FileProblem(
                expected.path(),
                Kind.CHANGED,
                "sha256 %s (expected: %s)".formatted(there.sha256(), expected.sha256())));
  }

  /** {@code file 'saved_model.pb': missing}. */
  @Override
  public String toString() {
    return "file '" + path + "': " + detail;
  }
}
