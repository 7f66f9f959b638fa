package io.tidemill.model.loader;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Device;
import io.tidemill.model.FakeModel;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.OtherProcess;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.engine.LoadingEngine;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.InMemoryBackend;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.model.store.signing.Keys;
import io.tidemill.model.store.signing.SigningKey;
import io.tidemill.model.store.signing.VerificationKey;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredModelTest {
  private static final TaskContext TASK = new TaskContext(0, List.of(), 1);

  @TempDir Path folder;
  private final InMemoryBackend backend = new InMemoryBackend();
  private final ModelStore store = backend.store();
  private final LoadedModels loaded =
      new LoadedModels(name -> new ReadingEngine(), onto -> Optional.empty());
  private final List<Duration> pauses = new ArrayList<>();
  private final List<Placement> placements = new ArrayList<>();
  private boolean failing;

  /** Waits as long as it may. */
  private interface Sleep extends Retries.Pause {
    @Override
    default double jitter() {
      return 1;
    }
  }

  /** Loads a fake model whose files can be read. */
  private final class ReadingEngine implements LoadingEngine {
    @Override
    public Model load(
        ModelVersion version, Signature signature, Path directory, Placement placement) {
      try {
        Files.readString(directory.resolve("saved_model.pb"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (failing) {
        throw new InvalidModelException("not a model");
      }
      placements.add(placement);
      return new FakeModel(version, signature);
    }
  }

  @BeforeEach
  void push() {
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", SemanticVersion.parse("1.4.2"));
  }

  private LocalModelCache cache() {
    return new LocalModelCache(folder.resolve("cache"));
  }

  private StoredModel resolved() {
    return StoredModel.resolve(store, ModelRef.parse("fraud@production"), Device.CPU, List.of());
  }

  private StoredModel demanding(SigningKey... keys) {
    List<VerificationKey> trusted = Stream.of(keys).map(SigningKey::verificationKey).toList();
    return StoredModel.resolve(store, ModelRef.parse("fraud:1.4.2"), Device.CPU, trusted);
  }

  private void signWith(SigningKey key) {
    SemanticVersion version = SemanticVersion.parse("1.4.2");
    DetachedSignature signature = key.sign(store.manifest("fraud", version));
    store.addSignature("fraud", version, signature);
  }

  private ModelHandle open(StoredModel model) {
    return open(model, pauses::add);
  }

  private ModelHandle open(StoredModel model, Sleep sleep) {
    return model.open(TASK, uri -> store, cache(), loaded, sleep);
  }

  @Test
  void pinsTheVersionThatAnAliasMeansNow() {
    StoredModel model = resolved();
    store.push(draft("fraud", "1.5.0"), files(folder, "b"));

    store.alias("fraud", "production", SemanticVersion.parse("1.5.0"));

    assertThat(model.version()).isEqualTo(store.resolve(ModelRef.parse("fraud:1.4.2")));
    try (ModelHandle handle = open(model)) {
      assertThat(handle.model().version()).isEqualTo(model.version());
    }
  }

  @Test
  void refusesAReferenceToNothingWhenPlanned() {
    assertThatThrownBy(
            () -> StoredModel.resolve(store, ModelRef.parse("fraud:9.9.9"), Device.CPU, List.of()))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("there: 1.4.2");
  }

  @Test
  void travelsWithTheJob() throws Exception {
    StoredModel model = resolved();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(model);
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(model);
    }
  }

  @Test
  void refusesAManifestWithAnotherDigestThanTheJobIsPinnedTo() {
    StoredModel model = resolved();
    ModelManifest other =
        new InMemoryBackend().store().push(draft("fraud", "1.4.2"), files(folder, "b"));
    backend.replace(other);

    assertThatThrownBy(() -> open(model))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "fraud:1.4.2 in store memory:store: digest %s (expected: %s, to which the job is pinned)",
            other.digest(), model.version().digest());
  }

  @Test
  void asksAStoreThatIsDownThreeTimesAndThenFails() {
    StoredModel model = resolved();
    backend.down(true);

    assertThatThrownBy(() -> open(model))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("fraud:1.4.2: store 'memory:store': down; tried 3 times")
        .hasMessageContaining("cache '" + folder.resolve("cache") + "' has no proved copy");
    assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  @Test
  void startsWhenTheStoreComesBackMeanwhile() {
    StoredModel model = resolved();
    backend.down(true);

    try (ModelHandle handle = open(model, pause -> backend.down(false))) {
      assertThat(handle.model().version()).isEqualTo(model.version());
    }
  }

  @Test
  void aProvedCopyStartsWithoutTheStore() {
    StoredModel model = resolved();
    open(model).close();
    backend.down(true);

    try (ModelHandle handle = open(model)) {
      assertThat(handle.model().version()).isEqualTo(model.version());
    }
  }

  @Test
  void aProvedCopyStartsWhileTheStoreIsThereButEmpty() throws Exception {
    StoredModel model = resolved();
    open(model).close();
    store.removeAlias("fraud", "production");
    store.delete("fraud", SemanticVersion.parse("1.4.2"));

    List<String> logged =
        Logged.by(
            StoredModel.class,
            () -> {
              try (ModelHandle handle = open(model)) {
                assertThat(handle.model().version()).isEqualTo(model.version());
              }
            });

    assertThat(logged)
        .singleElement()
        .asString()
        .startsWith("WARN " + model.version() + ": store does not answer, proved copy ")
        .contains(folder.resolve("cache") + "/")
        .contains("store memory:store is there but empty; mount its volume");
  }

  @Test
  void aVersionThatWasDeletedBesideOthersDoesNotStart() {
    StoredModel model = resolved();
    open(model).close();
    store.push(draft("fraud", "1.5.0"), files(folder, "b"));
    store.removeAlias("fraud", "production");
    store.delete("fraud", SemanticVersion.parse("1.4.2"));

    assertThatThrownBy(() -> open(model)).isInstanceOf(StoreRefusedException.class);
  }

  @Test
  void aDamagedCopyDoesNotStartWithoutTheStore() throws Exception {
    StoredModel model = resolved();
    open(model).close();
    try (CachedModel copy = cache().openFetched(model.version()).orElseThrow()) {
      Files.writeString(copy.files().resolve("saved_model.pb"), "graph of x");
    }
    backend.down(true);

    assertThatThrownBy(() -> open(model)).isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void aLoadedVersionIsSharedWithoutAskingTheStore() {
    StoredModel model = resolved();
    try (ModelHandle first = open(model)) {
      backend.down(true);

      try (ModelHandle second = open(model)) {
        assertThat(second.model()).isSameAs(first.model());
      }
    }
    assertThat(pauses).isEmpty();
  }

  @Test
  void anInterruptEndsTheWaitForAStore() {
    StoredModel model = resolved();
    backend.down(true);

    assertThatThrownBy(
            () ->
                open(
                    model,
                    pause -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void refusesToPlanAVersionThatIsNotSigned() {
    SigningKey release = Keys.generated("secp256r1");

    assertThatThrownBy(() -> demanding(release))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: not signed (expected: a good signature of key ")
        .hasMessageContaining(release.verificationKey().fingerprint());
  }

  @Test
  void loadsAVersionThatATrustedKeySigned() throws Exception {
    SigningKey release = Keys.generated("secp256r1");
    signWith(Keys.generated("secp384r1"));
    signWith(release);
    StoredModel model = demanding(release, Keys.generated("secp521r1"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(model);
    }

    try (ObjectInputStream in =
            new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        ModelHandle handle = open((StoredModel) in.readObject())) {
      assertThat(handle.model().version()).isEqualTo(model.version());
    }
  }

  @Test
  void refusesToLoadAVersionWhoseSignatureWasTakenAway() {
    SigningKey release = Keys.generated("secp256r1");
    signWith(release);
    StoredModel model = demanding(release);
    backend.replace(store.manifest("fraud", SemanticVersion.parse("1.4.2")));

    assertThatThrownBy(() -> open(model))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: not signed");
  }

  @Test
  void anOpenHandleKeepsItsFilesInTheCache() {
    StoredModel model = resolved();
    ModelHandle first = open(model);
    ModelHandle second = open(model);

    first.close();

    assertThat(pruned()).isEmpty();
    second.close();
    assertThat(pruned()).containsExactly("fraud:1.4.2");
  }

  @Test
  void aCopyThatServesWithoutTheStoreStaysInTheCacheForItsHandle() {
    StoredModel model = resolved();
    open(model).close();
    backend.down(true);

    ModelHandle handle = open(model);

    assertThat(pruned()).isEmpty();
    handle.close();
    assertThat(pruned()).containsExactly("fraud:1.4.2");
  }

  @Test
  void anotherProcessEvictsAVersionAfterItsLastHandle() throws Exception {
    ModelHandle handle = open(resolved());

    assertThat(prunedByAnotherProcess()).isEqualTo("0 deleted");
    handle.close();
    assertThat(prunedByAnotherProcess()).isEqualTo("1 deleted");
  }

  @Test
  void aVersionThatDoesNotLoadDoesNotStayInUse() {
    StoredModel model = resolved();
    failing = true;

    assertThatThrownBy(() -> open(model)).hasMessage("not a model");

    assertThat(pruned()).containsExactly("fraud:1.4.2");
  }

  @Test
  void aTrialKeepsItsFilesInTheCacheUntilItIsClosed() {
    StoredModel model = resolved();
    LoadedCopy trial = model.openForTrial(uri -> store, cache(), name -> new ReadingEngine());

    assertThat(pruned()).isEmpty();
    trial.close();
    assertThat(pruned()).containsExactly("fraud:1.4.2");
  }

  @Test
  void aTrialThatDoesNotLoadDoesNotStayInUse() {
    StoredModel model = resolved();
    failing = true;

    assertThatThrownBy(() -> model.openForTrial(uri -> store, cache(), name -> new ReadingEngine()))
        .hasMessage("not a model");

    assertThat(pruned()).containsExactly("fraud:1.4.2");
  }

  private List<String> pruned() {
    return cache().prune(new ByteSize(0), null, false).stream()
        .map(entry -> String.valueOf(entry.model()))
        .toList();
  }

  private String prunedByAnotherProcess() throws Exception {
    Process process =
        OtherProcess.of(PruneMain.class, folder.resolve("cache"))
            .builder()
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String line = out.readLine();
      assertThat(process.waitFor()).isZero();
      return String.valueOf(line);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void threadsThatTheJobSaysReachTheEngine() {
    try (ModelHandle handle = open(resolved().withThreads(3))) {
      assertThat(handle.model().version().name()).isEqualTo("fraud");
    }

    assertThat(placements).containsExactly(Placement.CPU.withThreads(3));
  }

  @Test
  void tasksThatShareAGpuShareACopyOnIt() {
    StoredModel model =
        StoredModel.resolve(store, ModelRef.parse("fraud:1.4.2"), Device.GPU_AUTO, List.of());
    List<ModelHandle> handles = new ArrayList<>();
    for (int subtask = 0; subtask < 4; subtask++) {
      TaskContext task = new TaskContext(subtask, List.of("0", "1"), 1);
      handles.add(model.open(task, uri -> store, cache(), loaded, Retries.Pause.REAL));
    }

    assertThat(handles.get(0).model()).isSameAs(handles.get(2).model());
    assertThat(handles.get(1).model()).isSameAs(handles.get(3).model());
    assertThat(handles.get(0).model()).isNotSameAs(handles.get(1).model());
    assertThat(placements).extracting(Placement::toString).containsExactly("gpu:0", "gpu:1");
    handles.forEach(ModelHandle::close);
  }
}
