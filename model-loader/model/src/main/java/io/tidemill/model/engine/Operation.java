package io.tidemill.model.engine;

import static java.util.Objects.requireNonNull;

/**
 * A kind of operation in a model's graph.
 *
 * @param name as the engine calls it, such as {@code MatMul}
 * @param count how many of them there are
 * @param danger what it could do to the machine that runs it, which keeps it from being loaded;
 *     empty if nothing
 */
public record Operation(String name, int count, String danger) {
  public Operation {
    requireNonNull(name, "name");
    requireNonNull(danger, "danger");
    if (count < 1) {
      throw new IllegalArgumentException("count of operation " + name + ": " + count);
    }
  }

  /** Whether it is refused unless it is allowed by name. */
  public boolean dangerous() {
    return !danger.isEmpty();
  }
}
