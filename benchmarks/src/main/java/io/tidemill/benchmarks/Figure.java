package io.tidemill.benchmarks;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number that is asked for by name: what one variant measured, or that divided by what another
 * one did; or several such numbers, one per key.
 *
 * @param quantity of the variants
 */
record Figure(String name, Quantity quantity, List<Case> cases) {
  private static final String ONLY = "";

  /**
   * A figure.
   *
   * @throws IllegalArgumentException if variants are compared that do not take turns: each with
   *     what it is divided by, and with each other where nothing is divided
   */
  Figure {
    cases = List.copyOf(cases);
    List<String> groups = cases.stream().map(one -> one.over().group()).distinct().toList();
    if (groups.size() > 1 && cases.get(0).under() == null) {
      throw new IllegalArgumentException(
          "%s: variants of groups %s (expected: of one, so that they take turns)"
              .formatted(name, groups));
    }
  }

  /**
   * One number of a figure.
   *
   * @param key empty where it is the figure's only one
   * @param over what is divided, or the number itself
   * @param under what it is divided by, if anything
   */
  record Case(String key, Variant over, @Nullable Variant under) {
    Case {
      if (under != null && !under.group().equals(over.group())) {
        throw new IllegalArgumentException(
            "%s over %s: groups %s and %s (expected: the same, so that they take turns)"
                .formatted(over.name(), under.name(), over.group(), under.group()));
      }
    }

    static Case of(Object key, Variant over) {
      return new Case(key.toString(), over, null);
    }

    static Case of(Object key, Variant over, Variant under) {
      return new Case(key.toString(), over, under);
    }
  }

  static Figure value(String name, Quantity quantity, Variant variant) {
    return new Figure(name, quantity, List.of(Case.of(ONLY, variant)));
  }

  static Figure ratio(String name, Quantity quantity, Variant over, Variant under) {
    return new Figure(name, quantity, List.of(Case.of(ONLY, over, under)));
  }

  /** Whether it has a number for each of several keys. */
  boolean isKeyed() {
    return !cases.get(0).key().equals(ONLY);
  }

  /** What has to be measured for it; those that are compared are neighbours. */
  List<Variant> variants() {
    List<Variant> variants = new ArrayList<>();
    for (Case one : cases) {
      if (one.under() != null) {
        variants.add(one.under());
      }
      variants.add(one.over());
    }
    return variants;
  }
}
