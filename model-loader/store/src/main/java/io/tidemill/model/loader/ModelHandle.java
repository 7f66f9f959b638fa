package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Pins a loaded version: while any handle to it is open, it stays loaded.
 *
 * <p>Thread-safe.
 */
public final class ModelHandle implements AutoCloseable {
  private final Model model;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A handle to a model.
   *
   * @param release run once, by the first {@link #close()}
   */
  public ModelHandle(Model model, Runnable release) {
    this.model = requireNonNull(model, "model");
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

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
