package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.golden.Sample;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * Pins a loaded version: while any handle to it is open, it stays loaded.
 *
 * <p>Thread-safe.
 */
public final class ModelHandle implements AutoCloseable {
  private final Model model;
  private final Sample sample;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A handle to a model that can score zeros.
   *
   * @param release run once, by the first {@link #close()}
   */
  public ModelHandle(Model model, Runnable release) {
    this(model, Sample.zeros(model.signature()), release);
  }

  ModelHandle(Model model, Sample sample, Runnable release) {
    this.model = requireNonNull(model, "model");
    this.sample = requireNonNull(sample, "sample");
    this.release = requireNonNull(release, "release");
  }

  /**
   * The model, which the holder calls but never closes.
   *
   * @throws IllegalStateException if the handle is closed
   */
  public Model model() {
    if (closed.get()) {
      throw new IllegalStateException("handle of " + model.version() + ": closed (expected: open)");
    }
    return model;
  }

  /** The same pin, on what {@code around} makes of the model. This handle is not used any more. */
  ModelHandle calling(UnaryOperator<Model> around) {
    return new ModelHandle(around.apply(model), sample, this::close);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
