package io.tidemill.model.loader;

import io.tidemill.model.Gpu;
import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.golden.RowIndependence;
import io.tidemill.model.golden.Sample;
import io.tidemill.model.golden.Samples;
import io.tidemill.model.store.cache.CachedModel;
import java.util.Optional;
import java.util.function.Function;
import org.apache.arrow.util.AutoCloseables;

/**
 * One loaded copy of a version, and the files that it may read for as long as it lives.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside anything else.
 */
public final class LoadedCopy implements AutoCloseable {
  private final Model model;
  private final Optional<Golden> golden;
  private final Optional<Sample> own;
  private final WarmUp warmUp;
  private final CachedModel files;
  private final GpuLoad gpu;

  private LoadedCopy(Model model, GpuLoad gpu, Optional<Golden> golden, CachedModel files) {
    this.model = model;
    this.gpu = gpu;
    this.golden = golden;
    this.files = files;
    own = Samples.in(files.files(), model.signature());
    Sample sample = own.orElseGet(() -> Sample.zeros(model.signature()));
    warmUp = new WarmUp(model, sample, System::nanoTime);
  }

  /**
   * Loads it. The files are closed with it, or now if it does not load.
   *
   * @param onto that it goes to; empty for the CPU
   */
  static LoadedCopy load(
      LoadRequest request,
      Function<String, Engine> engines,
      Optional<Gpu> onto,
      CachedModel files) {
    try {
      Optional<Golden> golden = Golden.in(files.files());
      GpuLoad gpu = new GpuLoad(onto);
      Model model;
      try {
        model = request.load(engines, files.files());
      } catch (ModelOutOfMemoryException e) {
        throw gpu.explained(e);
      }
      gpu.loaded();
      return new LoadedCopy(model, gpu, golden, files);
    } catch (Throwable e) {
      AutoCloseables.close(e, files);
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

  /** See {@link WarmUp#upTo}. */
  void warmUpTo(int maxSize) throws InterruptedException {
    warmUp.upTo(maxSize);
  }

  /** What it has taken of its GPU; empty on the CPU. */
  Optional<GpuUse> gpu() {
    return gpu.use();
  }

  /** A handle to it. */
  ModelHandle handle(Runnable release) {
    return new ModelHandle(model, warmUp.proof(), gpu.use(), release);
  }

  /**
   * Lets it answer before anyone gets it.
   *
   * @return whether it did; a model without samples of its own need not be able to
   * @throws io.tidemill.model.InvalidModelException if it answers otherwise than the version says
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public boolean prove() {
    try {
      if (golden.isPresent()) {
        golden.get().require(model);
      } else {
        warmUp.one();
      }
      new RowIndependence(model, own).require();
    } catch (ModelOutOfMemoryException e) {
      throw gpu.explained(e);
    }
    gpu.scored();
    return warmUp.proof() != null;
  }

  /** Unloads the model and ends the use of its files. */
  @Override
  public void close() {
    try (files) {
      model.close();
    }
  }
}
