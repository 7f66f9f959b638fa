package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Model;
import io.tidemill.model.golden.Sample;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Pins a loaded version: while any handle to it is open, it stays loaded.
 *
 * <p>Thread-safe.
 */
public final class ModelHandle implements AutoCloseable {
  private final Model model;
  private final @Nullable Sample proof;
  private final Optional<GpuUse> gpu;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A handle to a model that can score zeros.
   *
   * @param release run once, by the first {@link #close()}
   */
  public ModelHandle(Model model, Runnable release) {
    this(model, Optional.empty(), release);
  }

  /**
   * A handle to a model that can score zeros.
   *
   * @param gpu that it is on; empty on the CPU
   * @param release run once, by the first {@link #close()}
   */
  public ModelHandle(Model model, Optional<GpuUse> gpu, Runnable release) {
    this(model, Sample.zeros(model.signature()), gpu, release);
  }

  /**
   * @param proof what the model scored when it was loaded; null if nothing is known that it can
   *     score
   */
  ModelHandle(Model model, @Nullable Sample proof, Optional<GpuUse> gpu, Runnable release) {
    this.model = requireNonNull(model, "model");
    this.proof = proof;
    this.gpu = gpu;
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

  /** The GPU that the model is on; empty on the CPU. */
  public Optional<GpuUse> gpu() {
    return gpu;
  }

  /**
   * Clears the model of suspicion after a failed call: lets it score a row that it scored when it
   * was loaded. Does nothing where no such row is known. Blocks until the engine is done.
   *
   * @param memoryLimitBytes the most that the row and the answer may take
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public void proveHealthy(long memoryLimitBytes) {
    if (proof != null) {
      proof.score(model(), 1, memoryLimitBytes);
    }
  }

  /** The same pin, on what {@code around} makes of the model. This handle is not used any more. */
  ModelHandle calling(UnaryOperator<Model> around) {
    return new ModelHandle(around.apply(model), proof, gpu, this::close);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
