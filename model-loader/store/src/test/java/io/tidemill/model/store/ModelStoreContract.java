package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store promises. */
public abstract class ModelStoreContract {
  private static final int PUBLISHERS = 8;

  @TempDir protected Path folder;

  /** Of an empty store. */
  protected abstract StoreBackend backend() throws Exception;

  protected final ModelStore open() throws Exception {
    return new ModelStore(backend());
  }

  private static SemanticVersion version(String text) {
    return SemanticVersion.parse(text);
  }

  @Test
  void answersWhatWasPushed() throws Exception {
    ModelStore store = open();

    ModelManifest pushed = store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(store.manifest("fraud", version("1.4.2"))).isEqualTo(pushed);
    assertThat(pushed.files())
        .extracting(ModelFile::path)
        .containsExactly("saved_model.pb", "variables/variables.data");
    assertThat(pushed.labels())
        .containsExactly(Map.entry("author", "risk: team"), Map.entry("training-run", "42"));
    assertThat(pushed.signature()).isEqualTo(Drafts.SIGNATURE);
  }

  @Test
  void aSingleFileIsAVersionToo() throws Exception {
    Path file = Files.writeString(folder.resolve("model.onnx"), "graph");

    ModelManifest pushed = open().push(draft("fraud", "1.0.0"), file);

    assertThat(pushed.files()).extracting(ModelFile::path).containsExactly("model.onnx");
  }

  @Test
  void pushingTheSameContentAgainAnswersTheManifestThatIsThere() throws Exception {
    ModelStore store = open();
    ModelManifest first = store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    ModelManifest second = store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(second).isEqualTo(first);
  }

  @Test
  void publishesAnExportAsItWas() throws Exception {
    ModelManifest origin =
        ModelManifest.of(
            draft("fraud", "1.4.2"),
            Instant.parse("2026-11-01T12:00:00Z"),
            open().plan(draft("fraud", "1.4.2"), files(folder, "a")).files());
    ModelDraft same =
        new ModelDraft(
            "fraud", version("1.4.2"), "fake", Drafts.SIGNATURE, origin.labels(), origin);
    ModelDraft relabelled =
        new ModelDraft("fraud", version("1.5.0"), "fake", Drafts.SIGNATURE, Map.of(), origin);

    ModelStore store = open();

    assertThat(store.push(same, files(folder, "a"))).isEqualTo(origin);
    assertThat(store.push(relabelled, files(folder, "a")).digest()).isNotEqualTo(origin.digest());
  }

  @Test
  void refusesOtherContentForAPublishedVersion() throws Exception {
    ModelStore store = open();
    ModelManifest first = store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThatThrownBy(() -> store.push(draft("fraud", "1.4.2"), files(folder, "b")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("fraud:1.4.2: in store " + store.uri() + " already, with digest")
        .hasMessageContaining(first.digest());
    assertThat(store.manifest("fraud", version("1.4.2"))).isEqualTo(first);
  }

  @Test
  void refusesAManifestThatIsLongerThanAnybodyReads() throws Exception {
    ModelStore store = open();
    ModelDraft draft = draft("fraud", "1.4.2");
    ModelDraft labelled =
        new ModelDraft(
            draft.name(),
            draft.version(),
            draft.engine(),
            draft.signature(),
            Map.of("classes", "x".repeat(5 << 20)));

    assertThatThrownBy(() -> store.push(labelled, files(folder, "a")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: a manifest of 524")
        .hasMessageContaining(
            " bytes (expected: at most 4194304); give it fewer or shorter labels");
    assertThat(store.models()).isEmpty();
  }

  @Test
  void refusesAnotherSignatureForAPublishedVersion() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Signature other =
        new Signature(
            List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, 33)),
            Drafts.SIGNATURE.outputs());
    ModelDraft changed = new ModelDraft("fraud", version("1.4.2"), "fake", other, Map.of());

    assertThatThrownBy(() -> store.push(changed, files(folder, "a")))
        .isInstanceOf(StoreRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"m.pkl", "m.pickle", "m.joblib", "m.keras", "m.h5", "M.PKL", "m.dill"})
  void refusesFormatsThatRunCode(String name) throws Exception {
    ModelStore store = open();
    Path file = Files.writeString(folder.resolve(name), "code");

    assertThatThrownBy(() -> store.push(draft("fraud", "1.0.0"), file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("file '" + name + "'")
        .hasMessageContaining("run code")
        .hasMessageContaining("SavedModel");
    assertThat(store.models()).isEmpty();
  }

  @Test
  void refusesSymbolicLinks() throws Exception {
    ModelStore store = open();
    Path files = files(folder, "a");
    Files.createSymbolicLink(files.resolve("link"), Path.of("/etc/passwd"));

    assertThatThrownBy(() -> store.push(draft("fraud", "1.0.0"), files))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("link': a symbolic link (expected: a regular file)");
  }

  @Test
  void refusesAFolderWithoutFiles() throws Exception {
    ModelStore store = open();
    Path empty = Files.createDirectory(folder.resolve("empty"));

    assertThatThrownBy(() -> store.push(draft("fraud", "1.0.0"), empty))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("files of fraud:1.0.0: none (expected: >= 1)");
  }

  @Test
  void refusesFilesThatAreNotThere() throws Exception {
    ModelStore store = open();

    assertThatThrownBy(() -> store.push(draft("fraud", "1.0.0"), folder.resolve("nowhere")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("model files '" + folder.resolve("nowhere") + "'");
  }

  @Test
  void listsModelsAndTheirVersionsInOrder() throws Exception {
    ModelStore store = open();
    for (String version : List.of("1.10.0", "1.9.0", "2.0.0-rc.1")) {
      store.push(draft("fraud", version), files(folder, version));
    }
    store.push(draft("churn", "0.1.0"), files(folder, "c"));

    assertThat(store.models()).containsExactly("churn", "fraud");
    assertThat(store.versions("fraud"))
        .containsExactly(version("1.9.0"), version("1.10.0"), version("2.0.0-rc.1"));
  }

  @Test
  void latestIsTheHighestRelease() throws Exception {
    ModelStore store = open();
    for (String version : List.of("1.10.0", "1.9.0", "2.0.0-rc.1")) {
      store.push(draft("fraud", version), files(folder, version));
    }

    assertThat(store.resolve(ModelRef.parse("fraud:latest")).version())
        .isEqualTo(version("1.10.0"));
  }

  @Test
  void latestOfPreReleasesOnlyIsNotFound() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "2.0.0-rc.1"), files(folder, "a"));

    assertThatThrownBy(() -> store.resolve(ModelRef.parse("fraud:latest")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("release of model 'fraud'")
        .hasMessageContaining("there: 2.0.0-rc.1");
  }

  @Test
  void anAliasMeansTheVersionThatItWasSetToLast() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.0.0"), files(folder, "a"));
    ModelManifest second = store.push(draft("fraud", "1.1.0"), files(folder, "b"));

    store.alias("fraud", "production", version("1.0.0"));
    store.alias("fraud", "production", version("1.1.0"));

    assertThat(store.resolve(ModelRef.parse("fraud@production"))).isEqualTo(second.modelVersion());
    assertThat(store.aliases("fraud")).containsExactly(Map.entry("production", version("1.1.0")));
  }

  @Test
  void refusesToSetTheAliasThatTheStoreAnswersItself() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.0.0"), files(folder, "a"));

    assertThatThrownBy(() -> store.alias("fraud", "latest", version("1.0.0")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("alias of model 'fraud': 'latest' (expected: another name");
  }

  @Test
  void refusesAnAliasForAVersionThatIsNotThere() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.0.0"), files(folder, "a"));

    assertThatThrownBy(() -> store.alias("fraud", "production", version("1.0.1")))
        .isInstanceOf(StoreRefusedException.class);
    assertThat(store.aliases("fraud")).isEmpty();
  }

  @Test
  void namesTheModelThatWasProbablyMeant() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.0.0"), files(folder, "a"));
    store.push(draft("churn", "1.0.0"), files(folder, "a"));

    assertThatThrownBy(() -> store.manifest("fruad", version("1.0.0")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessage(
            "model 'fruad': not in store %s (did you mean 'fraud'? there: churn, fraud)",
            store.uri());
  }

  @Test
  void namesTheVersionsThatAreThere() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.push(draft("fraud", "2.0.0"), files(folder, "b"));

    assertThatThrownBy(() -> store.resolve(ModelRef.parse("fraud:1.4.3")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessage(
            "version 1.4.3 of model 'fraud': not in store %s (did you mean '1.4.2'? there: 1.4.2, 2.0.0)",
            store.uri());
  }

  @Test
  void namesTheAliasesThatAreThere() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", version("1.4.2"));

    assertThatThrownBy(() -> store.resolve(ModelRef.parse("fraud@prodution")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessage(
            "alias 'prodution' of model 'fraud': not in store %s (did you mean 'production'? there: production)",
            store.uri());
  }

  @Test
  void anAliasOfAModelThatIsNotThereNamesTheModel() throws Exception {
    ModelStore store = open();

    assertThatThrownBy(() -> store.resolve(ModelRef.parse("fraud@production")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessage("model 'fraud': not in store %s (there: none)", store.uri());
  }

  @Test
  void downloadsTheFilesThatWerePushed() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path target = folder.resolve("target");

    store.download(manifest, target);

    assertThat(target.resolve("saved_model.pb")).hasContent("graph of a");
    assertThat(target.resolve("variables/variables.data")).hasContent("weights of a");
    assertThat(manifest.damage(target)).isEmpty();
  }

  @Test
  void tellsHowFarATransferIs() throws Exception {
    ModelStore store = open();
    List<Long> pushed = new ArrayList<>();
    List<Long> fetched = new ArrayList<>();

    ModelManifest manifest =
        store.push(
            draft("fraud", "1.4.2"), files(folder, "a"), (copied, total) -> pushed.add(copied));
    store.download(manifest, folder.resolve("target"), (copied, total) -> fetched.add(total));

    assertThat(pushed).isSorted().endsWith(manifest.bytes());
    assertThat(fetched).isNotEmpty().containsOnly(manifest.bytes());
  }

  @Test
  void aPlannedPushChangesNothing() throws Exception {
    ModelStore store = open();

    ModelManifest planned = store.plan(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(store.models()).isEmpty();
    assertThat(store.push(draft("fraud", "1.4.2"), files(folder, "a")).hasContentOf(planned))
        .isTrue();
    assertThatThrownBy(() -> store.plan(draft("fraud", "1.4.2"), files(folder, "b")))
        .isInstanceOf(StoreRefusedException.class);
  }

  @Test
  void aPublishedVersionVerifies() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    List<Long> read = new ArrayList<>();

    assertThat(store.verify(manifest, (copied, total) -> read.add(copied))).isEmpty();
    assertThat(read).endsWith(manifest.bytes());
  }

  @Test
  void aDeletedVersionIsGoneAndMayBePublishedAgain() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.push(draft("fraud", "1.5.0"), files(folder, "b"));

    store.delete("fraud", version("1.4.2"));

    assertThat(store.find("fraud", version("1.4.2"))).isEmpty();
    assertThat(store.versions("fraud")).containsExactly(version("1.5.0"));
    ModelManifest again = store.push(draft("fraud", "1.4.2"), files(folder, "c"));
    assertThat(store.verify(again, TransferListener.NONE)).isEmpty();
  }

  @Test
  void aModelIsGoneWithItsLastVersion() throws Exception {
    ModelStore store = open();
    store.push(draft("churn", "1.0.0"), files(folder, "a"));
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    store.delete("fraud", version("1.4.2"));

    assertThat(store.models()).containsExactly("churn");
  }

  @Test
  void refusesToDeleteWhatAnAliasMeans() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", version("1.4.2"));
    store.alias("fraud", "canary", version("1.4.2"));

    assertThatThrownBy(() -> store.delete("fraud", version("1.4.2")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining(
            "fraud:1.4.2 in store %s: alias 'canary', 'production' means it", store.uri())
        .hasMessageContaining("move or remove it, then delete the version");
    assertThat(store.verify(manifest, TransferListener.NONE)).isEmpty();
  }

  @Test
  void refusesToDeleteWhatIsNotThere() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThatThrownBy(() -> store.delete("fraud", version("1.4.3")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("did you mean '1.4.2'?");
  }

  @Test
  void anAliasThatIsTakenAwayMeansNothing() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", version("1.4.2"));

    assertThat(store.removeAlias("fraud", "production")).contains(version("1.4.2"));

    assertThat(store.aliases("fraud")).isEmpty();
    assertThatThrownBy(() -> store.removeAlias("fraud", "production"))
        .isInstanceOf(StoreRefusedException.class);
    store.delete("fraud", version("1.4.2"));
  }

  @Test
  void ofManyThatPushAtOnceOneWinsAndTheOthersAreTold() throws Exception {
    ModelStore store = open();
    List<Path> contents = new ArrayList<>();
    for (int i = 0; i < PUBLISHERS; i++) {
      contents.add(files(folder, "publisher " + i));
    }
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(PUBLISHERS);
    List<Future<ModelManifest>> pushes =
        contents.stream()
            .map(
                content ->
                    threads.submit(
                        () -> {
                          start.await();
                          return store.push(draft("fraud", "1.4.2"), content);
                        }))
            .toList();

    start.countDown();

    List<ModelManifest> winners = new ArrayList<>();
    for (Future<ModelManifest> push : pushes) {
      try {
        winners.add(push.get(300, TimeUnit.SECONDS));
      } catch (ExecutionException e) {
        assertThat(e.getCause()).isInstanceOf(StoreRefusedException.class);
      }
    }
    threads.shutdown();
    assertThat(winners).hasSize(1);
    assertThat(store.manifest("fraud", version("1.4.2"))).isEqualTo(winners.get(0));
    assertThat(store.verify(winners.get(0), TransferListener.NONE)).isEmpty();
  }

  @Test
  void refusesAnAliasThatIsTheNumberOfAVersion() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    for (ThrowingCallable refused :
        List.<ThrowingCallable>of(
            () -> store.checkAlias("fraud", "2.0.0", version("1.4.2")),
            () -> store.alias("fraud", "2.0.0", version("1.4.2")))) {
      assertThatThrownBy(refused)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("alias of model 'fraud': '2.0.0' (expected: no version's number");
    }
  }

  @Test
  void waitsForOthersNoLongerThanItMay() throws Exception {
    StoreBackend backend = backend();
    StoreClaim late = new StoreClaim(backend, "fraud", version("1.4.2"), Duration.ZERO);
    StoreKey first =
        StoreKey.claims("fraud", version("1.4.2"))
            .named((System.currentTimeMillis() - 1000) + "_first");
    backend.write(first, "first");

    assertThatThrownBy(() -> late.hold(deadline -> version("1.4.2")))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageStartingWith(
            "store '" + backend.uri() + "': fraud:1.4.2: others are changing it")
        .hasMessageEndingWith("(expected: its turn within 0 s); try again later");
    assertThat(backend.read(first)).isPresent();
  }

  @Test
  void whoeverHoldsAClaimStopsLongBeforeOthersTakeItForDead() throws Exception {
    Duration left =
        new StoreClaim(backend(), "fraud", version("1.4.2"))
            .hold(deadline -> Duration.ofNanos(deadline.atNanos() - System.nanoTime()));

    assertThat(left).isBetween(Duration.ofMinutes(1), StoreClaim.LIFE.dividedBy(2));
  }

  @Test
  void nothingChangesAfterItsDeadline() throws Exception {
    StoreBackend backend = backend();
    ModelStore store = new ModelStore(backend);
    Path content = files(folder, "a");
    ModelManifest there = store.push(draft("fraud", "1.4.2"), content);
    Publication late = Publication.of(draft("fraud", "1.5.0"), content);
    Deadline passed = Deadline.in(Duration.ZERO);
    StoreKey alias = StoreKey.aliases("fraud").named("production");

    try (StoreBackend.Upload upload = backend.upload(late.manifest())) {
      new VersionTransfer(backend, late.manifest(), TransferListener.NONE).send(late, upload);
      for (ThrowingCallable refused :
          List.<ThrowingCallable>of(
              () -> upload.publish(passed),
              () -> backend.until(passed).write(alias, "1.4.2\n"),
              () -> backend.until(passed).list(StoreKey.aliases("fraud")),
              () -> backend.until(passed).delete(StoreKey.manifest("fraud", version("1.4.2"))))) {
        assertThatThrownBy(refused).isInstanceOf(StoreUnavailableException.class);
      }
    }

    assertThat(store.versions("fraud")).containsExactly(version("1.4.2"));
    assertThat(store.manifest("fraud", version("1.4.2"))).isEqualTo(there);
    assertThat(store.aliases("fraud")).isEmpty();
  }

  @Test
  void keepsSignaturesBesideAVersionAndOnePerKey() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    DetachedSignature first = new DetachedSignature("a".repeat(64), "{\"of\":\"first\"}");
    DetachedSignature second = new DetachedSignature("0".repeat(64), "{\"of\":\"second\"}");
    DetachedSignature again = new DetachedSignature("a".repeat(64), "{\"of\":\"first again\"}");
    assertThat(store.signatures("fraud", version("1.4.2"))).isEmpty();

    store.addSignature("fraud", version("1.4.2"), first);
    store.addSignature("fraud", version("1.4.2"), second);
    store.addSignature("fraud", version("1.4.2"), again);

    assertThat(store.signatures("fraud", version("1.4.2"))).containsExactly(second, again);
    assertThat(store.manifest("fraud", version("1.4.2"))).isEqualTo(manifest);
    store.download(manifest, folder.resolve("target"));
    assertThat(manifest.damage(folder.resolve("target"))).isEmpty();
  }

  @Test
  void signaturesThatLackAreAddedAndThoseThatAreThereStay() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    DetachedSignature there = new DetachedSignature("a".repeat(64), "{\"of\":\"first\"}");
    DetachedSignature other = new DetachedSignature("a".repeat(64), "{\"of\":\"other\"}");
    DetachedSignature lacking = new DetachedSignature("0".repeat(64), "{\"of\":\"second\"}");
    store.addSignature("fraud", version("1.4.2"), there);

    store.addLackingSignatures("fraud", version("1.4.2"), List.of(other, lacking));

    assertThat(store.signatures("fraud", version("1.4.2"))).containsExactly(lacking, there);
  }

  @Test
  void keepsNoSignatureOfAVersionThatIsNotThere() throws Exception {
    ModelStore store = open();
    DetachedSignature signature = new DetachedSignature("a".repeat(64), "{}");

    assertThatThrownBy(() -> store.addSignature("fraud", version("1.4.2"), signature))
        .isInstanceOf(StoreRefusedException.class);
    assertThatThrownBy(() -> store.signatures("fraud", version("1.4.2")))
        .isInstanceOf(StoreRefusedException.class);
  }
}
