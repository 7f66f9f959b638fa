package io.tidemill.connectors.problem;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.DamerauLevenshteinDistance;

/**
 * What to say of a word that is none of those that are allowed. Immutable.
 *
 * @param word as it was written
 * @param allowed in the order in which a message lists them
 */
public record Suggestion(String word, Collection<String> allowed) {
  private static final int MOST_SLIPS = 3;

  /** The allowed word that was probably meant: it differs by a few slips of the hand, if any. */
  public Optional<String> nearest() {
    int slips = Math.max(1, Math.min(MOST_SLIPS, word.length() / 3));
    var distance = new DamerauLevenshteinDistance(slips);
    String lower = word.toLowerCase(Locale.ROOT);
    return allowed.stream()
        .filter(candidate -> distance.apply(lower, candidate.toLowerCase(Locale.ROOT)) >= 0)
        .min(
            Comparator.comparing(
                candidate -> distance.apply(lower, candidate.toLowerCase(Locale.ROOT))));
  }

  /** {@code (did you mean 'x'? allowed: x, y)}, without the question where nothing is near. */
  @Override
  public String toString() {
    return "(" + meant() + "allowed: " + String.join(", ", allowed) + ")";
  }

  /** {@code did you mean 'x'? } with a space after it, or nothing. */
  public String meant() {
    return nearest().map(near -> "did you mean '" + near + "'? ").orElse("");
  }
}
