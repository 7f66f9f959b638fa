package io.tidemill.pipelines.definition;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/**
 * The nearest of the words that would have been right.
 *
 * <p>Stateless and thread-safe.
 */
public final class Suggestion {
  private Suggestion() {}

  /** The allowed word that differs from {@code word} in few enough letters to be meant, if any. */
  public static Optional<String> nearest(String word, Collection<String> allowed) {
    int limit = Math.max(1, word.length() / 3);
    String best = null;
    int bestDistance = limit + 1;
    for (String candidate : allowed) {
      int distance =
          distance(word.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT), limit);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /** {@code (did you mean 'x'? allowed: x, y)}, without the question where nothing is near. */
  public static String among(String word, Collection<String> allowed) {
    String list = "allowed: " + String.join(", ", allowed);
    return nearest(word, allowed)
        .map(near -> "(did you mean '" + near + "'? " + list + ")")
        .orElse("(" + list + ")");
  }

  /** Levenshtein's distance; anything above {@code limit} is answered as {@code limit + 1}. */
  private static int distance(String left, String right, int limit) {
    if (Math.abs(left.length() - right.length()) > limit) {
      return limit + 1;
    }
    int[] previous = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int[] current = new int[right.length() + 1];
      current[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int substitution = previous[j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substitution, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return Math.min(previous[right.length()], limit + 1);
  }
}
