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

  /**
   * Insertions, deletions, replacements and swaps of neighbours that turn one into the other;
   * anything above {@code limit} is answered as {@code limit + 1}.
   */
  private static int distance(String left, String right, int limit) {
    if (Math.abs(left.length() - right.length()) > limit) {
      return limit + 1;
    }
    int[][] distances = new int[left.length() + 1][right.length() + 1];
    for (int i = 0; i <= left.length(); i++) {
      for (int j = 0; j <= right.length(); j++) {
        distances[i][j] = i == 0 || j == 0 ? i + j : step(distances, left, right, i, j);
      }
    }
    return Math.min(distances[left.length()][right.length()], limit + 1);
  }

  private static int step(int[][] distances, String left, String right, int i, int j) {
    int substitution =
        distances[i - 1][j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
    int best = Math.min(substitution, 1 + Math.min(distances[i - 1][j], distances[i][j - 1]));
    boolean swapped =
        i > 1
            && j > 1
            && left.charAt(i - 1) == right.charAt(j - 2)
            && left.charAt(i - 2) == right.charAt(j - 1);
    return swapped ? Math.min(best, distances[i - 2][j - 2] + 1) : best;
  }
}
