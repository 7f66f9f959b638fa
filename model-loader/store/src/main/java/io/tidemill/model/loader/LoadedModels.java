package io.tidemill.model.loader;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.ModelLoader;
import io.tidemill.model.golden.Golden;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions that a process has loaded: one copy per version and {@link Placement}, shared by its
 * handles and unloaded by the last of them.
 *
 * <p>The thread that asks first loads; those that ask meanwhile wait for it and share what comes of
 * it, the model or the exception. After a failure the next one to ask tries again. A version that
 * is being unloaded is gone before it is loaded anew, so a device never has to hold two copies of
 * one placement. No lock of all is held while a model is loaded, warmed up or unloaded.
 *
 * <p>A version's files stay in the cache of this machine for as long as it is loaded, and no
 * longer.
 *
 * <p>A version that carries {@code golden.arrow} has to answer as it says before anyone gets it.
 *
 * <p>The key holds the whole {@link ModelVersion}, not only its digest: two versions with the same
 * bytes are loaded twice, so that every prediction names the version that its job asked for.
 *
 * <p>Thread-safe.
 */
public final class LoadedModels {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedModels.class);
  private static final LoadedModels PROCESS = new LoadedModels(Engines::find);

  private final ConcurrentMap<Key, Copy> copies = new ConcurrentHashMap<>();
  private final Function<String, ModelLoader> engines;

  LoadedModels(Function<String, ModelLoader> engines) {
    this.engines = engines;
  }

  /** The share of this process. */
  public static LoadedModels ofProcess() {
    return PROCESS;
  }

  private record Key(ModelVersion version, Placement placement) {
    @Override
    public String toString() {
      return version + " on " + placement;
    }
  }

  /** A model and the files that it may read for as long as it lives. */
  private record Loaded(WarmedModel model, PinnedFiles files) implements AutoCloseable {
    @Override
    public void close() {
      try (files) {
        model.model().close();
      }
    }
  }

  /** One loaded copy and the number of its handles; at 0 it is being unloaded. */
  private static final class Copy {
    final CompletableFuture<Loaded> loaded = new CompletableFuture<>();
    final CompletableFuture<Void> unloaded = new CompletableFuture<>();

    private int handles = 1;

    /** Counts one more handle, unless the last one is closed already. */
    synchronized boolean join() {
      if (handles == 0) {
        return false;
      }
      handles++;
      return true;
    }

    /** Counts one handle less; answers whether it was the last. */
    synchronized boolean leave() {
      handles--;
      return handles == 0;
    }
  }

  /**
   * A handle to a version that is loaded, and warmed up for calls of up to {@code maxSize} rows.
   * Blocks while it is loaded, by this thread or another.
   *
   * @param engine the name of the engine that loads it
   * @param placement never on a device that is still to be chosen
   * @param maxSize the most rows of the handle's calls
   * @param files answers the folder of its proved files; called only by the thread that loads
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  public ModelHandle open(
      ModelVersion version,
      String engine,
      Signature signature,
      Placement placement,
      int maxSize,
      Supplier<Path> files) {
    return open(
        new LoadRequest(version, engine, signature, placement),
        maxSize,
        () -> PinnedFiles.owned(files.get()));
  }

  /**
   * The same, with files that others use too.
   *
   * @param maxSize the most rows of the handle's calls
   * @param files answers its proved files; called only by the thread that loads, and closed when
   *     the last handle is, or when the version does not load
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  ModelHandle open(LoadRequest request, int maxSize, Supplier<PinnedFiles> files) {
    Key key = new Key(request.version(), request.placement());
    try {
      while (true) {
        Copy fresh = new Copy();
        Copy there = copies.putIfAbsent(key, fresh);
        if (there == null) {
          return handle(key, fresh, load(key, fresh, request, maxSize, files), maxSize);
        }
        if (there.join()) {
          return shared(key, there, maxSize);
        }
        await(there.unloaded);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(key + ": interrupted while another task loaded it", e);
    }
  }

  private WarmedModel load(
      Key key, Copy copy, LoadRequest request, int maxSize, Supplier<PinnedFiles> files) {
    try {
      Loaded loaded = load(key, request, maxSize, files.get());
      copy.loaded.complete(loaded);
      return loaded.model();
    } catch (Throwable e) {
      copies.remove(key, copy);
      copy.loaded.completeExceptionally(e);
      throw e;
    }
  }

  private Loaded load(Key key, LoadRequest request, int maxSize, PinnedFiles files) {
    try {
      long started = System.nanoTime();
      Optional<Golden> golden = Golden.in(files.folder());
      WarmedModel model = prove(request.load(engines, files.folder()), maxSize, golden);
      LOG.info(
          "loaded {} with {} in {} ms, {}",
          key,
          request.engine(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started),
          golden.isPresent() ? Golden.FILE_NAME + " as expected" : "no " + Golden.FILE_NAME);
      return new Loaded(model, files);
    } catch (Throwable e) {
      closeAfter(e, files::close);
      throw e;
    }
  }

  private static WarmedModel prove(Model model, int maxSize, Optional<Golden> golden) {
    try {
      Sample sample =
          golden.isPresent()
              ? (rows, memory) -> golden.get().sample(model.signature(), rows, memory)
              : WarmUp.zeros(model);
      WarmedModel warmed = new WarmedModel(model, sample, System::nanoTime);
      warmed.warmUpTo(maxSize);
      if (golden.isPresent()) {
        golden.get().require(model);
      } else {
        WarmUp.run(model);
      }
      return warmed;
    } catch (Throwable e) {
      closeAfter(e, model::close);
      throw e;
    }
  }

  private static void closeAfter(Throwable failure, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException closing) {
      failure.addSuppressed(closing);
    }
  }

  private ModelHandle shared(Key key, Copy copy, int maxSize) throws InterruptedException {
    WarmedModel loaded;
    try {
      loaded = await(copy.loaded).model();
    } catch (InterruptedException e) {
      release(key, copy);
      throw e;
    }
    return handle(key, copy, loaded, maxSize);
  }

  private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException failure) {
        throw failure;
      }
      if (cause instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException("a load throws nothing else", e);
    }
  }

  private ModelHandle handle(Key key, Copy copy, WarmedModel loaded, int maxSize) {
    try {
      loaded.warmUpTo(maxSize);
    } catch (Throwable e) {
      release(key, copy);
      throw e;
    }
    return new ModelHandle(loaded.model(), () -> release(key, copy));
  }

  private void release(Key key, Copy copy) {
    if (copy.leave()) {
      unload(key, copy);
    }
  }

  private void unload(Key key, Copy copy) {
    try {
      copy.loaded.join().close();
      LOG.info("unloaded {}", key);
    } finally {
      copies.remove(key, copy);
      copy.unloaded.complete(null);
    }
  }
}
