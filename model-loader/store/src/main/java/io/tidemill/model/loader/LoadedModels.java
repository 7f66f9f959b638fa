package io.tidemill.model.loader;

import io.tidemill.model.Device;
import io.tidemill.model.Gpu;
import io.tidemill.model.Placement;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.GpuDriver;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.loader.Openings.Attempt;
import io.tidemill.model.loader.Openings.Stage;
import io.tidemill.model.store.cache.CachedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.arrow.util.AutoCloseables;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions that a process has loaded: one copy per version and {@link Placement}, shared by its
 * handles and unloaded by the last of them.
 *
 * <p>The first to ask loads; those that ask meanwhile wait for it and share what comes of it, the
 * model or the exception. After a failure the next one to ask tries again; so do those that waited
 * for a load whose task gave it up. A version that is being unloaded is gone before it is loaded
 * anew, so a device never has to hold two copies of one placement. No lock of all is held while a
 * model is loaded, warmed up or unloaded. Whoever asks waits no longer than its load-timeout; see
 * {@link Openings}.
 *
 * <p>A version's files stay in the cache of this machine for as long as it is loaded, and no
 * longer.
 *
 * <p>A version that carries {@code golden.arrow} has to answer as it says before anyone gets it.
 *
 * <p>A request names the whole version, not only its digest: two versions with the same bytes are
 * loaded twice, so that every prediction names the version that its job asked for.
 *
 * <p>Thread-safe.
 */
public final class LoadedModels {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedModels.class);
  private static final LoadedModels PROCESS =
      new LoadedModels(name -> Engines.here().find(name), GpuDriver.ofProcess()::find);

  private final ConcurrentMap<LoadRequest, Copy> copies = new ConcurrentHashMap<>();
  private final Openings openings = new Openings();
  private final Function<String, Engine> engines;
  private final Function<Device, Optional<Gpu>> gpus;

  LoadedModels(Function<String, Engine> engines, Function<Device, Optional<Gpu>> gpus) {
    this.engines = engines;
    this.gpus = gpus;
  }

  /** The share of this process. */
  public static LoadedModels ofProcess() {
    return PROCESS;
  }

  /** One loaded copy and the number of its handles; at 0 it is being unloaded. */
  private static final class Copy {
    final CompletableFuture<LoadedCopy> loaded = new CompletableFuture<>();
    final CompletableFuture<Void> unloaded = new CompletableFuture<>();

    final Attempt loading;

    private final List<ModelHandle> ahead = new ArrayList<>();
    private int handles = 1;
    private boolean ofTask;

    Copy(boolean forTask, Attempt loading) {
      ofTask = forTask;
      this.loading = loading;
    }

    /**
     * Counts one more handle, unless the last one is closed already; those that waited for a task's
     * are not needed any more then.
     */
    synchronized boolean join(boolean forTask) {
      if (handles == 0) {
        return false;
      }
      handles++;
      if (forTask) {
        ofTask = true;
        ahead.forEach(ModelHandle::close);
        ahead.clear();
      }
      return true;
    }

    /** Closes a handle as soon as a task had one. */
    synchronized void closeWhenOfTask(ModelHandle handle) {
      if (ofTask) {
        handle.close();
      } else {
        ahead.add(handle);
      }
    }

    /** Counts one handle less; answers whether it was the last. */
    synchronized boolean leave() {
      handles--;
      return handles == 0;
    }
  }

  /** Threads of tasks that gave up a load, and that have not ended. */
  public int threadsLeftBehind() {
    return openings.leftBehind();
  }

  /**
   * A handle to a version that is loaded, and warmed up for the calls of a task. Blocks while it is
   * loaded, for this task or another.
   *
   * @param files answers its proved files; called only where this loads, and closed when the last
   *     handle is, or when the version does not load
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  public ModelHandle open(LoadRequest request, TaskContext task, Supplier<CachedModel> files) {
    return open(request, task, files, true);
  }

  private ModelHandle open(
      LoadRequest request, TaskContext task, Supplier<CachedModel> files, boolean forTask) {
    try {
      return openings.open(
          request,
          task.loadTimeout(),
          attempt -> open(request, task.maxSize(), files, attempt, forTask));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(request + ": interrupted while it was loaded", e);
    }
  }

  /**
   * Loads a version for a task that will ask for it: it stays loaded until one does, or until this
   * handle is closed. Blocks while it is loaded.
   *
   * @param files as those of {@link #open(LoadRequest, TaskContext, Supplier)}
   * @throws io.tidemill.model.ModelException if it cannot be had
   */
  public ModelHandle openAhead(LoadRequest request, TaskContext task, Supplier<CachedModel> files) {
    ModelHandle handle = open(request, task, files, false);
    Copy copy = copies.get(request);
    if (copy != null) {
      copy.closeWhenOfTask(handle);
    }
    return handle;
  }

  private ModelHandle open(
      LoadRequest request,
      int maxSize,
      Supplier<CachedModel> files,
      Attempt attempt,
      boolean forTask)
      throws InterruptedException {
    while (true) {
      Copy fresh = new Copy(forTask, attempt);
      Copy there = copies.putIfAbsent(request, fresh);
      if (there == null) {
        load(request, fresh, maxSize, files, attempt);
        return handle(request, fresh, maxSize, attempt);
      }
      attempt.await(there.loading);
      if (!there.join(forTask)) {
        await(there.unloaded);
        continue;
      }
      try {
        return handle(request, there, maxSize, attempt);
      } catch (GivenUpException e) {
        LOG.debug("{}: the task that loaded it gave it up", request);
      }
    }
  }

  /** That a load failed whose task did not wait for it any more. */
  private static final class GivenUpException extends RuntimeException {
    private static final long serialVersionUID = 1;

    GivenUpException(Throwable failure) {
      super(failure);
    }
  }

  private void load(
      LoadRequest request, Copy copy, int maxSize, Supplier<CachedModel> files, Attempt attempt) {
    try {
      copy.loaded.complete(load(request, maxSize, files, attempt));
    } catch (Throwable e) {
      copies.remove(request, copy);
      copy.loaded.completeExceptionally(attempt.givenUp() ? new GivenUpException(e) : e);
    }
  }

  private LoadedCopy load(
      LoadRequest request, int maxSize, Supplier<CachedModel> files, Attempt attempt)
      throws InterruptedException {
    long started = System.nanoTime();
    attempt.at(Stage.FETCH);
    CachedModel fetched = files.get();
    attempt.at(Stage.LOAD);
    LoadedCopy loaded =
        LoadedCopy.load(request, engines, gpus.apply(request.placement().device()), fetched);
    try {
      attempt.at(Stage.WARM_UP);
      loaded.warmUpTo(maxSize);
      loaded.prove();
    } catch (Throwable e) {
      AutoCloseables.close(e, loaded);
      throw e;
    }
    LOG.info(
        "loaded {} with {} in {} ms, {}",
        request,
        request.engine(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started),
        loaded.golden().isPresent() ? Golden.FILE_NAME + " as expected" : "no " + Golden.FILE_NAME);
    loaded
        .gpu()
        .filter(use -> use.gpu().isKnown())
        .ifPresent(
            use ->
                LOG.info(
                    "{} took {} MiB; {}; {} MiB are free",
                    request,
                    Math.round(use.modelBytes()) >> 20,
                    use.gpu().described(),
                    Math.round(use.gpu().freeBytes()) >> 20));
    return loaded;
  }

  private ModelHandle handle(LoadRequest request, Copy copy, int maxSize, Attempt attempt)
      throws InterruptedException {
    try {
      LoadedCopy loaded = await(copy.loaded);
      attempt.at(Stage.WARM_UP);
      loaded.warmUpTo(maxSize);
      return loaded.handle(() -> release(request, copy));
    } catch (Throwable e) {
      release(request, copy);
      throw e;
    }
  }

  private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw Openings.unchecked(e);
    }
  }

  private void release(LoadRequest request, Copy copy) {
    if (copy.leave()) {
      try {
        if (!copy.loaded.isCompletedExceptionally()) {
          copy.loaded.join().close();
          LOG.info("unloaded {}", request);
        }
      } finally {
        copies.remove(request, copy);
        copy.unloaded.complete(null);
      }
    }
  }
}
