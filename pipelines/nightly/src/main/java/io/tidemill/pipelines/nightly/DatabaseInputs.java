package io.tidemill.pipelines.nightly;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The rows of a table of a database, or of a partition of it, which does not tell what has changed:
 * each run reads other ones than the one before it. Immutable.
 *
 * @param place the table
 * @param asked when
 */
record DatabaseInputs(String place, Instant asked) implements Inputs {
  @Override
  public String expected() {
    return "a table, which may be empty";
  }

  @Override
  public Optional<List<InputFile>> list() {
    return Optional.of(List.of(new InputFile(place, 0, asked.toString())));
  }
}
