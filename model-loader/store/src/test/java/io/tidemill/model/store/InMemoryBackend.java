package io.tidemill.model.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.model.StoreUnavailableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A store for tests, which can be taken down and tampered with.
 *
 * <p>Thread-safe.
 */
public final class InMemoryBackend implements StoreBackend {
  private record Text(String text, Instant written) {}

  private final Map<StoreKey, Text> texts = new HashMap<>();
  private final Map<String, Map<String, byte[]>> files = new HashMap<>();
  private final List<StoreKey> unbounded = new ArrayList<>();
  private boolean bounded;
  private boolean down;
  private int listings;

  /** The store that keeps everything here. */
  public ModelStore store() {
    return new ModelStore(this);
  }

  /** What was written or deleted without a deadline. */
  synchronized List<StoreKey> unbounded() {
    return List.copyOf(unbounded);
  }

  /** From now on every method throws, until it is up again. */
  public synchronized void down(boolean value) {
    down = value;
  }

  /** How often the files of a version were listed, as each download does once. */
  public synchronized int listings() {
    return listings;
  }

  /** Changes, adds or (without bytes) removes a file behind the manifest's back. */
  public synchronized void tamper(ModelManifest manifest, String path, byte... bytes) {
    Map<String, byte[]> there = filesOf(manifest);
    if (bytes.length == 0) {
      there.remove(path);
    } else {
      there.put(path, bytes);
    }
  }

  /** Puts a manifest in the place of one that is there, with the same files and no signature. */
  public synchronized void replace(ModelManifest manifest) {
    StoreKey key = StoreKey.manifest(manifest.name(), manifest.version());
    deleteSignatures(key);
    put(key, manifest.yaml());
  }

  private void deleteSignatures(StoreKey manifest) {
    texts
        .keySet()
        .removeIf(
            other ->
                other.kind() == StoreKey.Kind.SIGNATURE
                    && other.model().equals(manifest.model())
                    && other.version().equals(manifest.version()));
  }

  private void put(StoreKey key, String text) {
    changes(key);
    texts.put(key, new Text(text, Instant.now()));
  }

  private void changes(StoreKey key) {
    if (!bounded) {
      unbounded.add(key);
    }
  }

  private Map<String, byte[]> filesOf(ModelManifest manifest) {
    return files.computeIfAbsent(manifest.ref().toString(), ref -> new TreeMap<>());
  }

  @Override
  public StoreBackend until(Deadline deadline) {
    return (StoreBackend)
        Proxy.newProxyInstance(
            StoreBackend.class.getClassLoader(),
            new Class<?>[] {StoreBackend.class},
            (proxy, method, arguments) ->
                within(
                    deadline,
                    () -> {
                      try {
                        return method.invoke(this, arguments);
                      } catch (InvocationTargetException e) {
                        throw (RuntimeException) e.getCause();
                      } catch (IllegalAccessException e) {
                        throw new IllegalStateException(e);
                      }
                    }));
  }

  private synchronized <T> T within(Deadline deadline, Supplier<T> request) {
    if (deadline.passed()) {
      throw new StoreUnavailableException("store '" + uri() + "': the time for it is over");
    }
    bounded = true;
    try {
      return request.get();
    } finally {
      bounded = false;
    }
  }

  @Override
  public String uri() {
    return "memory:store";
  }

  @Override
  public String place(StoreKey key) {
    return "memory:store/" + key;
  }

  private void checkUp() {
    if (down) {
      throw new StoreUnavailableException("store '" + uri() + "': down");
    }
  }

  @Override
  public synchronized List<Entry> list(StoreKey all) {
    checkUp();
    if (all.kind() == StoreKey.Kind.MODEL) {
      return texts.keySet().stream()
          .map(StoreKey::model)
          .filter(model -> !model.isEmpty())
          .distinct()
          .map(model -> new Entry(model, Instant.EPOCH))
          .toList();
    }
    return texts.entrySet().stream()
        .filter(text -> all.named(text.getKey().name()).equals(text.getKey()))
        .map(text -> new Entry(text.getKey().name(), text.getValue().written()))
        .toList();
  }

  @Override
  public synchronized Optional<byte[]> read(StoreKey key) {
    checkUp();
    return Optional.ofNullable(texts.get(key)).map(text -> text.text().getBytes(UTF_8));
  }

  @Override
  public synchronized void write(StoreKey key, String text) {
    checkUp();
    put(key, text);
  }

  @Override
  public synchronized void delete(StoreKey key) {
    checkUp();
    changes(key);
    texts.remove(key);
    if (key.kind() == StoreKey.Kind.MANIFEST) {
      files.remove(key.model() + ":" + key.version());
      deleteSignatures(key);
    }
  }

  @Override
  public synchronized Files files(ModelManifest manifest) {
    checkUp();
    listings++;
    Map<String, byte[]> there = new TreeMap<>(filesOf(manifest));
    return new Files() {
      @Override
      public List<String> paths() {
        return List.copyOf(there.keySet());
      }

      @Override
      public Optional<InputStream> open(ModelFile file) {
        return Optional.ofNullable(there.get(file.path())).map(ByteArrayInputStream::new);
      }
    };
  }

  @Override
  public List<StoreLeftover> unpublished(String model) {
    return List.of();
  }

  @Override
  public void delete(StoreLeftover leftover) {}

  @Override
  public Upload upload(ModelManifest manifest) {
    Map<String, byte[]> copies = new TreeMap<>();
    return new Upload() {
      @Override
      public void put(ModelFile file, Supplier<InputStream> content) {
        try (InputStream in = content.get()) {
          copies.put(file.path(), in.readAllBytes());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public void publish(Deadline deadline) {
        within(
            deadline,
            () -> {
              checkUp();
              files.put(manifest.ref().toString(), copies);
              replace(manifest);
              return manifest;
            });
      }

      @Override
      public void close() {}
    };
  }
}
