package io.tidemill.pipelines.nightly;

import java.util.List;
import java.util.Optional;

/**
 * The rows of a table of a database, or of a partition of it, which does not tell what has changed.
 * Immutable.
 *
 * @param place the table
 */
record DatabaseInputs(String place) implements Inputs {
  @Override
  public String expected() {
    return "a table, which may be empty";
  }

  @Override
  public Optional<List<InputFile>> list() {
    return Optional.of(List.of(new InputFile(place, 0, "")));
  }

  @Override
  public boolean tellsChanges() {
    return false;
  }
}
