package io.tidemill.model.importing.archive;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The names of an archive that were seen so far, each at most once on any file system: also on one
 * that knows no upper case or keeps accents apart.
 *
 * <p>Not thread-safe.
 */
final class EntryNames {
  private final Map<String, Seen> seen = new HashMap<>();

  private record Seen(String name, boolean folder) {}

  /**
   * Adds an entry and the folders above it.
   *
   * @throws RefusedEntryException if it would be written where another one is
   */
  void add(EntryName name, boolean folder) {
    List<String> segments = name.segments();
    for (int depth = 1; depth <= segments.size(); depth++) {
      boolean last = depth == segments.size();
      String path = String.join("/", segments.subList(0, depth));
      Seen there = seen.putIfAbsent(key(path), new Seen(path, !last || folder));
      if (there == null) {
        continue;
      }
      if (!there.name().equals(path)) {
        throw new RefusedEntryException(
            "the same name as '%s' where case or accents do not count".formatted(there.name()));
      }
      if (last && !folder && !there.folder()) {
        throw new RefusedEntryException("twice in the archive");
      }
      if (there.folder() != (!last || folder)) {
        throw new RefusedEntryException("'%s' is a file and a folder".formatted(path));
      }
    }
  }

  private static String key(String path) {
    String compatible = Normalizer.normalize(path, Normalizer.Form.NFKC);
    return compatible.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }
}
