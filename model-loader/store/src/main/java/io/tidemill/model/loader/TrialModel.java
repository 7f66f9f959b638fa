package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.engine.ModelLoader;
import io.tidemill.model.golden.Golden;
import java.util.Optional;
import java.util.function.Function;

/**
 * A loaded version that no task shares, to be tried out.
 *
 * <p>Thread-safe.
 */
public final class TrialModel implements AutoCloseable {
  private final Model model;
  private final Optional<Golden> golden;
  private final PinnedFiles files;

  private TrialModel(Model model, Optional<Golden> golden, PinnedFiles files) {
    this.model = requireNonNull(model, "model");
    this.golden = requireNonNull(golden, "golden");
    this.files = requireNonNull(files, "files");
  }

  /** Loads it. The files are closed with it, or now if it does not load. */
  static TrialModel load(
      LoadRequest request, Function<String, ModelLoader> engines, PinnedFiles files) {
    try {
      Optional<Golden> golden = Golden.in(files.folder());
      return new TrialModel(request.load(engines, files.folder()), golden, files);
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  public Model model() {
    return model;
  }

  /** What it must answer, if the version says so. */
  public Optional<Golden> golden() {
    return golden;
  }

  /** Unloads the model. */
  @Override
  public void close() {
    try (files) {
      model.close();
    }
  }
}
