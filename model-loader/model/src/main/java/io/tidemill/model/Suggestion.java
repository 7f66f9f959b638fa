package io.tidemill.model;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.DamerauLevenshteinDistance;

/**
 * The name that someone probably meant, as the beginning of a list of all names. Immutable.
 *
 * @param there the names that would have been right
 */
public record Suggestion(String wrong, Collection<String> there) {
  private static final DamerauLevenshteinDistance DISTANCE = new DamerauLevenshteinDistance();

  /** {@code did you mean 'fraud'? }, or nothing where more than a third of the letters differ. */
  @Override
  public String toString() {
    return there.stream()
        .min(Comparator.comparingInt(name -> DISTANCE.apply(wrong, name)))
        .filter(name -> DISTANCE.apply(wrong, name) <= Math.max(1, name.length() / 3))
        .map(name -> "did you mean '" + name + "'? ")
        .orElse("");
  }
}
