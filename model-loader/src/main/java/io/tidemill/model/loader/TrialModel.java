package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.golden.Golden;
import java.util.Optional;

/**
 * A loaded version that no task shares, to be tried out.
 *
 * <p>Thread-safe.
 *
 * @param golden what it must answer, if the version says so
 */
public record TrialModel(Model model, Optional<Golden> golden) implements AutoCloseable {
  public TrialModel {
    requireNonNull(model, "model");
    requireNonNull(golden, "golden");
  }

  /** Unloads the model. */
  @Override
  public void close() {
    model.close();
  }
}
