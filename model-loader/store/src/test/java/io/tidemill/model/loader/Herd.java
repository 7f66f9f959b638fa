package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.StoreFront;
import io.tidemill.model.store.TransferListener;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.io.file.PathUtils;

/**
 * Machines of a cluster that all want one version at the same moment, each with a client and a
 * cache of its own, and with the patience of a task.
 *
 * @param storeUri where the store is for them
 * @param folder for their caches
 */
public record Herd(String storeUri, Path folder) {
  private static final List<Integer> MACHINES =
      Arrays.stream(System.getProperty("tidemill.test.machines", "1,20").split(","))
          .map(Integer::valueOf)
          .toList();

  /** What it cost. */
  public record Start(int machines, Duration time, int fetches, StoreFront.Passed passed) {
    /** As a row of a table. */
    public String row() {
      return "| %,d | %,d | %,d | %,d | %,d | %,d | %.1f |"
          .formatted(
              machines,
              fetches,
              passed.requests(),
              passed.refused(),
              passed.bodyBytes(),
              passed.mostConnections(),
              time.toMillis() / 1_000.0);
    }
  }

  /** How many machines there are, one number after the other: {@code tidemill.test.machines}. */
  public static List<Integer> sizes() {
    return MACHINES;
  }

  /**
   * Starts them all.
   *
   * @param processes how many of each machine want it
   */
  public Start start(
      int machines, int processes, String name, SemanticVersion version, StoreFront front)
      throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    Path caches = Files.createTempDirectory(folder, "caches");
    try {
      front.taken();
      CyclicBarrier together = new CyclicBarrier(machines * processes + 1);
      List<Future<Boolean>> fetched = new ArrayList<>();
      for (int i = 0; i < machines * processes; i++) {
        Path cache = caches.resolve("machine-" + i / processes);
        ModelStore store = ModelStore.open(storeUri);
        fetched.add(
            threads.submit(
                () -> {
                  together.await();
                  return StoredModel.STORE_RETRIES.run(
                      () -> fetch(store, cache, name, version), Retries.Pause.REAL);
                }));
      }
      together.await();
      long begunNanos = System.nanoTime();
      int fetches = 0;
      for (Future<Boolean> one : fetched) {
        fetches += one.get() ? 1 : 0;
      }
      Duration time = Duration.ofNanos(System.nanoTime() - begunNanos);
      return new Start(machines, time, fetches, front.taken());
    } catch (ExecutionException e) {
      throw new AssertionError("a machine got no model", e);
    } finally {
      threads.shutdownNow();
      PathUtils.delete(caches);
    }
  }

  /** Whether it was not there yet. */
  private static boolean fetch(ModelStore store, Path cache, String name, SemanticVersion version) {
    ModelManifest manifest = store.manifest(name, version);
    try (CachedModel copy =
        new LocalModelCache(cache).open(store, manifest, TransferListener.NONE)) {
      assertThat(manifest.damage(copy.files())).isEmpty();
      return copy.fetched();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds rows to a table below {@code target}. */
  public static void report(String table, List<Start> starts) throws IOException {
    Files.write(
        Path.of("target", table + ".md"),
        starts.stream().map(Start::row).toList(),
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }
}
