package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Device;
import io.tidemill.model.Gpu;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.GpuDriver;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.model.store.signing.SignatureVerifier;
import io.tidemill.model.store.signing.VerificationKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A version in a store, pinned to its digest: whatever happens to the store later, a task gets
 * these bytes or none.
 *
 * <p>Thread-safe.
 *
 * @param storeUri where the store is, as every task reaches it
 * @param engine the name of the engine that loads the version
 * @param placement where it runs; never another device than is said, or than a task chooses for
 *     itself
 * @param trustedKeys one of them must have signed the version; none where no signature is demanded
 */
public record StoredModel(
    String storeUri,
    ModelVersion version,
    String engine,
    Signature signature,
    Placement placement,
    List<VerificationKey> trustedKeys)
    implements ModelSource {
  private static final Logger LOG = LoggerFactory.getLogger(StoredModel.class);

  /** No task: no GPU to choose, and calls of one row. */
  private static final TaskContext ALONE = new TaskContext(0, List.of(), 1);

  /** Three attempts within about three seconds. */
  static final Retries STORE_RETRIES =
      Retries.attempts(3)
          .withPauses(Duration.ofSeconds(1), Duration.ofSeconds(2))
          .after(failure -> failure instanceof StoreUnavailableException);

  public StoredModel {
    requireNonNull(storeUri, "storeUri");
    requireNonNull(version, "version");
    requireNonNull(engine, "engine");
    requireNonNull(signature, "signature");
    requireNonNull(placement, "placement");
    trustedKeys = List.copyOf(trustedKeys);
  }

  /**
   * Pins what a reference means now. Blocks on the store.
   *
   * @throws io.tidemill.model.ModelException if the store does not answer or does not have it
   */
  public static StoredModel resolve(String storeUri, ModelRef ref, Device device) {
    return resolve(storeUri, ref, device, List.of());
  }

  /**
   * Pins what a reference means now, if it is signed. Blocks on the store.
   *
   * @param trustedKeys one of them must have signed the version; none demands no signature
   * @throws InvalidModelException if no trusted key signed it
   * @throws io.tidemill.model.ModelException if the store does not answer or does not have it
   */
  public static StoredModel resolve(
      String storeUri, ModelRef ref, Device device, List<VerificationKey> trustedKeys) {
    return resolve(ModelStore.open(storeUri), ref, device, trustedKeys);
  }

  static StoredModel resolve(
      ModelStore store, ModelRef ref, Device device, List<VerificationKey> trustedKeys) {
    ModelVersion version = store.resolve(ref);
    ModelManifest manifest = store.manifest(version.name(), version.version());
    checkSigned(store, manifest, trustedKeys);
    return new StoredModel(
        store.uri(),
        manifest.modelVersion(),
        manifest.engine(),
        manifest.signature(),
        Placement.on(device),
        trustedKeys);
  }

  /**
   * The same version, each of whose calls is computed by this many threads, that of the caller
   * among them. Where an engine's threads are those of the whole process, loading it fails if the
   * process has another number of them.
   *
   * @param threads 1 to {@value Placement#MOST_THREADS}
   */
  public StoredModel withThreads(int threads) {
    return new StoredModel(
        storeUri, version, engine, signature, placement.withThreads(threads), trustedKeys);
  }

  /**
   * Whether its engine has one number of threads for all models of a process. False for an engine
   * that is not on this classpath, which cannot be asked.
   */
  public boolean threadsAreOfProcess() {
    return ofEngine(Engine::threadsAreOfProcess, false);
  }

  /**
   * Bytes that its engine takes of a process once, beside heap and direct memory, about. 0 for an
   * absent one.
   */
  public long nativeBytes() {
    return ofEngine(Engine::nativeBytes, 0L);
  }

  /**
   * What this machine's driver says of the GPU that it is to be on; empty for the CPU, and where a
   * task chooses.
   */
  public Optional<Gpu> gpu() {
    return GpuDriver.ofProcess().find(placement.device());
  }

  /**
   * Bytes of its files, which are about what its engine takes of a process for it. Blocks on the
   * store.
   *
   * @throws io.tidemill.model.ModelException if the store does not answer or does not have it
   */
  public long fileBytes() {
    return ModelStore.open(storeUri).manifest(version.name(), version.version()).bytes();
  }

  /**
   * Whether its engine takes a NaN for a missing value. False for an engine that is not on this
   * classpath, which cannot be asked.
   */
  public boolean takesNanAsMissing() {
    return ofEngine(Engine::takesNanAsMissing, false);
  }

  private <T> T ofEngine(Function<Engine, T> asked, T ofAbsent) {
    return Engines.here().named(engine).map(asked).orElse(ofAbsent);
  }

  private static void checkSigned(
      ModelStore store, ModelManifest manifest, List<VerificationKey> trustedKeys) {
    if (!trustedKeys.isEmpty()) {
      new SignatureVerifier(trustedKeys)
          .verify(manifest, store.signatures(manifest.name(), manifest.version()));
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>A store that does not answer is tried three times. If it stays away, files that were fetched
   * and proved before serve instead: they have the digest that was signed when the job was planned.
   *
   * @throws InvalidModelException if a signature is demanded and none in the store is good now
   */
  @Override
  public ModelHandle open() {
    return open(ALONE);
  }

  @Override
  public ModelHandle open(TaskContext task) {
    return open(
        task,
        ModelStore::open,
        LocalModelCache.ofUser(),
        LoadedModels.ofProcess(),
        Retries.Pause.REAL);
  }

  /**
   * Loads the version for a task that will ask for it: it stays loaded until one does, or until
   * this handle is closed. Blocks on the store and the engine.
   *
   * @throws io.tidemill.model.ModelException if it cannot be had, as the task will learn too
   */
  public ModelHandle openAhead(TaskContext task) {
    return LoadedModels.ofProcess()
        .openAhead(
            request(task),
            task,
            () -> files(ModelStore::open, LocalModelCache.ofUser(), Retries.Pause.REAL));
  }

  ModelHandle open(
      TaskContext task,
      Function<String, ModelStore> stores,
      LocalModelCache cache,
      LoadedModels loaded,
      Retries.Pause pause) {
    return loaded.open(request(task), task, () -> files(stores, cache, pause));
  }

  private LoadRequest request(TaskContext task) {
    Device device = task.choose(version, placement.device());
    return new LoadRequest(version, engine, signature, placement.withDevice(device));
  }

  /**
   * Loads a copy that no task shares, on the device that is said, and checks nothing on it. Blocks
   * on the store and the engine. The caller closes it.
   *
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  public LoadedCopy openForTrial() {
    return openForTrial(
        ModelStore::open, LocalModelCache.ofUser(), name -> Engines.here().find(name));
  }

  LoadedCopy openForTrial(
      Function<String, ModelStore> stores,
      LocalModelCache cache,
      Function<String, Engine> engines) {
    LoadRequest request = request(ALONE);
    return LoadedCopy.load(request, engines, gpu(), files(stores, cache, Retries.Pause.REAL));
  }

  private CachedModel files(
      Function<String, ModelStore> stores, LocalModelCache cache, Retries.Pause pause) {
    try {
      return STORE_RETRIES.run(() -> fetched(stores.apply(storeUri), cache), pause);
    } catch (StoreUnavailableException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      CachedModel fetched =
          cache
              .openFetched(version)
              .orElseThrow(
                  () ->
                      new StoreUnavailableException(
                          "%s: %s; tried %d times, and cache '%s' has no proved copy"
                              .formatted(
                                  version,
                                  e.getMessage(),
                                  STORE_RETRIES.attempts(),
                                  cache.directory()),
                          e));
      LOG.warn(
          "{}: store does not answer, proved copy {} serves: {}",
          version,
          fetched.files(),
          e.toString());
      return fetched;
    }
  }

  private CachedModel fetched(ModelStore store, LocalModelCache cache) {
    Optional<ModelManifest> found = store.find(version.name(), version.version());
    if (found.isEmpty() && store.models().isEmpty()) {
      throw new StoreUnavailableException(
          "%s: store %s is there but empty; mount its volume".formatted(version, storeUri));
    }
    ModelManifest manifest =
        found.orElseGet(() -> store.manifest(version.name(), version.version()));
    if (!manifest.digest().equals(version.digest())) {
      throw new InvalidModelException(
          "%s in store %s: digest %s (expected: %s, to which the job is pinned); a version never changes, so find out who changed it and plan the job again"
              .formatted(version, storeUri, manifest.digest(), version.digest()));
    }
    checkSigned(store, manifest, trustedKeys);
    return cache.open(store, manifest, TransferListener.NONE);
  }
}
