package io.tidemill.model.importing.archive;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The name of an archive's entry, as names of a folder's files.
 *
 * <p>The name is taken as it is: one that would need decoding, normalising or cleaning to be safe
 * is refused, because two readers could clean it differently.
 *
 * @param segments names of folders and at last of the entry; none for the archive's own root
 */
record EntryName(List<String> segments) {
  private static final int MOST_BYTES = 1024;
  private static final int MOST_SEGMENT_BYTES = 255;
  private static final int MOST_SEGMENTS = 32;
  private static final String MEANINGFUL = "/\\.:%";
  // Slashes that Unicode's compatibility form leaves as they are.
  private static final String LOOK_ALIKES = "\u2044\u2215\u2216\u29F5\u29F8\u29F9\u2571\u2572";

  EntryName {
    segments = List.copyOf(segments);
  }

  /**
   * Reads a name.
   *
   * @throws RefusedEntryException with the reason, if a file of this name may not be written
   */
  static EntryName of(String name) {
    String relative = name.startsWith("./") ? name.substring(2) : name;
    if (relative.isEmpty() && !name.isEmpty()) {
      return new EntryName(List.of());
    }
    String path = relative.endsWith("/") ? relative.substring(0, relative.length() - 1) : relative;
    problem(path)
        .ifPresent(
            reason -> {
              throw new RefusedEntryException(reason);
            });
    return new EntryName(Arrays.asList(path.split("/", -1)));
  }

  private static Optional<String> problem(String path) {
    if (path.isEmpty()) {
      return Optional.of("an empty name");
    }
    if (path.chars().anyMatch(Character::isISOControl)) {
      return Optional.of("a control character in the name");
    }
    if (path.startsWith("/")) {
      return Optional.of("an absolute path");
    }
    if (path.indexOf('\\') >= 0) {
      return Optional.of("a backslash in the name");
    }
    if (path.indexOf(':') >= 0) {
      return Optional.of("a colon in the name, as of a drive");
    }
    if (path.indexOf('%') >= 0) {
      return Optional.of("a '%' in the name, as of an encoded separator");
    }
    if (path.codePoints().anyMatch(point -> point == 0xFFFD || isSurrogate(point))) {
      return Optional.of("a name that is not UTF-8");
    }
    if (path.codePoints().anyMatch(point -> LOOK_ALIKES.indexOf(point) >= 0)
        || meaningful(path) != meaningful(Normalizer.normalize(path, Normalizer.Form.NFKC))) {
      return Optional.of("a character in the name that looks like a separator");
    }
    if (bytes(path) > MOST_BYTES) {
      return Optional.of("a path of more than " + MOST_BYTES + " bytes");
    }
    String[] segments = path.split("/", -1);
    if (segments.length > MOST_SEGMENTS) {
      return Optional.of("a path of more than " + MOST_SEGMENTS + " names");
    }
    return Arrays.stream(segments).flatMap(segment -> segmentProblem(segment).stream()).findFirst();
  }

  private static Optional<String> segmentProblem(String segment) {
    if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
      return Optional.of("'" + segment + "' among the names of the path");
    }
    return bytes(segment) > MOST_SEGMENT_BYTES
        ? Optional.of("a name of more than " + MOST_SEGMENT_BYTES + " bytes")
        : Optional.empty();
  }

  private static boolean isSurrogate(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }

  private static long meaningful(String text) {
    return text.chars().filter(character -> MEANINGFUL.indexOf(character) >= 0).count();
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Names with {@code /} between them. */
  @Override
  public String toString() {
    return String.join("/", segments);
  }
}
