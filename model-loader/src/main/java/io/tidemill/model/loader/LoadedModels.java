package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The versions that a process has loaded: one copy per version and device, shared by its handles
 * and unloaded by the last of them.
 *
 * <p>The thread that asks first loads; those that ask meanwhile wait for it and share what comes of
 * it, the model or the exception. After a failure the next one to ask tries again. A version that
 * is being unloaded is gone before it is loaded anew, so a device never has to hold two copies. No
 * lock is held while a model is loaded, warmed up or unloaded.
 *
 * <p>The key holds the whole {@link ModelVersion}, not only its digest: two versions with the same
 * bytes are loaded twice, so that every prediction names the version that its job asked for.
 *
 * <p>Thread-safe.
 */
public final class LoadedModels {
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

  private record Key(ModelVersion version, Device device) {}

  /** One loaded copy and the number of its handles; at 0 it is being unloaded. */
  private static final class Copy {
    final CompletableFuture<Model> model = new CompletableFuture<>();
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
   * A handle to a loaded and warmed-up version. Blocks while it is loaded, by this thread or
   * another.
   *
   * @param engine the name of the engine that loads it
   * @param files answers the folder of its proved files; called only by the thread that loads
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  public ModelHandle open(
      ModelVersion version,
      String engine,
      Signature signature,
      Device device,
      Supplier<Path> files) {
    Key key = new Key(requireNonNull(version, "version"), requireNonNull(device, "device"));
    try {
      while (true) {
        Copy fresh = new Copy();
        Copy there = copies.putIfAbsent(key, fresh);
        if (there == null) {
          return load(key, fresh, engine, signature, files);
        }
        if (there.join()) {
          return shared(key, there);
        }
        await(there.unloaded);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(version + ": interrupted while another task loaded it", e);
    }
  }

  private ModelHandle load(
      Key key, Copy copy, String engine, Signature signature, Supplier<Path> files) {
    try {
      ModelLoader loader = engines.apply(engine);
      Model model = loader.load(key.version(), signature, files.get(), key.device());
      warmUp(model);
      copy.model.complete(model);
      return handle(key, copy, model);
    } catch (Throwable e) {
      copies.remove(key, copy);
      copy.model.completeExceptionally(e);
      throw e;
    }
  }

  private static void warmUp(Model model) {
    try {
      WarmUp.run(model);
    } catch (Throwable e) {
      try {
        model.close();
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  private ModelHandle shared(Key key, Copy copy) throws InterruptedException {
    try {
      return handle(key, copy, await(copy.model));
    } catch (InterruptedException e) {
      release(key, copy);
      throw e;
    }
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

  private ModelHandle handle(Key key, Copy copy, Model model) {
    return new ModelHandle(model, () -> release(key, copy));
  }

  private void release(Key key, Copy copy) {
    if (copy.leave()) {
      unload(key, copy);
    }
  }

  private void unload(Key key, Copy copy) {
    try {
      copy.model.join().close();
    } finally {
      copies.remove(key, copy);
      copy.unloaded.complete(null);
    }
  }
}
