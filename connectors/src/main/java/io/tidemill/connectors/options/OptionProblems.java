package io.tidemill.connectors.options;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Collects what is wrong with the options of one place, so that all of it is reported at once. Not
 * thread-safe.
 */
public final class OptionProblems {
  private final String place;
  private final List<OptionProblem> problems = new ArrayList<>();

  public OptionProblems(String place) {
    this.place = place;
  }

  public void add(String key, String reason) {
    problems.add(new OptionProblem(place, key, reason));
  }

  /** Reports a key that no one reads, with the nearest of those that someone does. */
  public void addUnknown(String key, Collection<String> allowed) {
    String suggestion =
        Suggestion.nearest(key, allowed)
            .map(nearest -> "did you mean '" + nearest + "'? ")
            .orElse("");
    add(
        key,
        "unknown option ("
            + suggestion
            + "allowed: "
            + new TreeSet<>(allowed).stream().collect(Collectors.joining(", "))
            + ")");
  }

  /** How many were added. */
  public int count() {
    return problems.size();
  }

  /**
   * Ends the check.
   *
   * @throws InvalidOptionsException if anything was added
   */
  public void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new InvalidOptionsException(problems);
    }
  }
}
