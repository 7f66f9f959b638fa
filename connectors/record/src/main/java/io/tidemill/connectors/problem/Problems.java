package io.tidemill.connectors.problem;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.ArrayList;
import java.util.List;

/** Collects everything that is wrong, so that all of it is reported at once. Not thread-safe. */
public final class Problems<P> {
  private final List<Problem<P>> all = new ArrayList<>();

  @FormatMethod
  public void add(P place, @FormatString String message, Object... arguments) {
    all.add(new Problem<>(place, message.formatted(arguments)));
  }

  /** How many there are so far: whoever reads a part can tell whether that part was right. */
  public int count() {
    return all.size();
  }

  /** All so far, in the order in which they were found. */
  public List<Problem<P>> all() {
    return List.copyOf(all);
  }
}
