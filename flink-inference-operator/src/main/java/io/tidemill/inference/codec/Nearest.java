package io.tidemill.inference.codec;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** The name that a mistyped one was probably meant to be. */
final class Nearest {
  private Nearest() {}

  static Optional<String> to(String name, Collection<String> names) {
    LevenshteinDistance distance = new LevenshteinDistance(Math.max(2, name.length() / 3));
    return names.stream()
        .filter(candidate -> distance.apply(name, candidate) >= 0)
        .min(Comparator.comparing(candidate -> distance.apply(name, candidate)));
  }
}
