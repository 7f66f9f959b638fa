package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderBackendTest extends ModelStoreContract {
  private static final SemanticVersion VERSION = SemanticVersion.parse("1.4.2");

  private Path root() {
    return folder.resolve("store");
  }

  @Override
  protected StoreBackend backend() throws Exception {
    Files.createDirectories(root());
    return FolderBackend.open(root().toString());
  }

  private ModelStore on(FailingFileSystem files) {
    org.apache.flink.core.fs.Path path = new org.apache.flink.core.fs.Path("file:" + root());
    return new ModelStore(new FolderBackend(path, files));
  }

  private static Throwable failure(ThrowingCallable call) {
    return catchThrowable(call);
  }

  @Test
  void keepsTheLayoutThatOtherToolsRead() throws Exception {
    ModelStore store = open();

    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", VERSION);

    try (var paths = Files.walk(root())) {
      assertThat(paths.filter(Files::isRegularFile).map(path -> root().relativize(path).toString()))
          .containsExactlyInAnyOrder(
              "fraud/1.4.2/model.yaml",
              "fraud/1.4.2/files/saved_model.pb",
              "fraud/1.4.2/files/variables/variables.data",
              "fraud/aliases/production");
    }
    assertThat(root().resolve("fraud/aliases/production")).hasContent("1.4.2\n");
  }

  @Test
  void aPushThatDiesHalfWayLeavesNoVersionAndTheNextSucceeds() throws Exception {
    ModelStore store = open();
    FailingFileSystem files = new FailingFileSystem();
    files.fail(path -> path.getName().equals("variables.data"));

    assertThat(failure(() -> on(files).push(draft("fraud", "1.4.2"), files(folder, "a"))))
        .isInstanceOf(StoreUnavailableException.class);

    assertThat(store.models()).isEmpty();
    assertThat(failure(() -> store.manifest("fraud", VERSION)))
        .isInstanceOf(StoreRefusedException.class);
    Path leftOver = Files.createDirectories(root().resolve("fraud/1.4.2/files"));
    Files.writeString(leftOver.resolve("left-over"), "of an earlier push");
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "b"));
    store.download(manifest, folder.resolve("target"));
    assertThat(manifest.damage(folder.resolve("target"))).isEmpty();
  }

  @Test
  void aPushThatDiesBeforeItsManifestStandsLeavesNoVersion() throws Exception {
    ModelStore store = open();
    FailingFileSystem files = new FailingFileSystem();
    files.fail(path -> path.getName().startsWith(".model.yaml"));

    assertThat(failure(() -> on(files).push(draft("fraud", "1.4.2"), files(folder, "a"))))
        .isInstanceOf(StoreUnavailableException.class);

    assertThat(store.models()).isEmpty();
  }

  @Test
  void anUnreachableStoreSaysWhereAndWhatToCheck() throws Exception {
    open();
    FailingFileSystem files = new FailingFileSystem();
    files.fail(path -> true);

    assertThatThrownBy(() -> on(files).resolve(ModelRef.parse("fraud:1.4.2")))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'file:" + root() + "': cannot read")
        .hasMessageContaining("connection refused")
        .hasMessageContaining("check that it is reachable");
  }

  @Test
  void aFolderThatIsNotThereIsNoEmptyStore() {
    ModelStore store = ModelStore.open(root().toString());

    assertThatThrownBy(() -> store.resolve(ModelRef.parse("fraud:1.4.2")))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'file:" + root() + "': no such folder; correct its path");
  }

  @Test
  void aFileIsNoEmptyStore() throws IOException {
    Files.writeString(root(), "a file");
    ModelStore store = ModelStore.open(root().toString());

    assertThatThrownBy(store::models)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'file:" + root() + "': no such folder; correct its path");
  }

  @Test
  void theFirstPushBeginsAStore() {
    ModelStore store = ModelStore.open(root().toString());

    store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(store.models()).containsExactly("fraud");
  }

  @Test
  void refusesASchemeWithoutFileSystem() {
    assertThatThrownBy(() -> ModelStore.open("gs://models/tidemill"))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'gs://models/tidemill'")
        .hasMessageContaining("no file system for 'gs:'")
        .hasMessageContaining("plugins folder");
  }

  @Test
  void refusesAPasswordInTheUriWithoutRepeatingIt() {
    assertThatThrownBy(() -> ModelStore.open("s3://key:secret@models/tidemill"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a URI with a password")
        .hasMessageNotContaining("secret");
  }

  @Test
  void refusesAManifestOfAnotherVersion() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path copy = Files.createDirectories(root().resolve("fraud/1.4.3"));
    Files.copy(root().resolve("fraud/1.4.2/model.yaml"), copy.resolve("model.yaml"));

    assertThatThrownBy(() -> store.manifest("fraud", SemanticVersion.parse("1.4.3")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("the manifest of fraud:1.4.2 (expected: of fraud:1.4.3)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "/etc/passwd", "a/../../b", "a//b", "a\\\\b", "a/%2e%2e/b"})
  void refusesAManifestWhosePathsLeaveItsFolder(String path) throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path manifest = root().resolve("fraud/1.4.2/model.yaml");
    Files.writeString(
        manifest, Files.readString(manifest).replace("path: saved_model.pb", "path: " + path));

    assertThatThrownBy(() -> store.manifest("fraud", VERSION))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("path of file '" + path + "' (expected: relative");
  }

  @Test
  void refusesAManifestThatWasChangedAfterPublishing() throws Exception {
    ModelStore store = open();
    ModelManifest pushed = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path manifest = root().resolve("fraud/1.4.2/model.yaml");
    Files.writeString(manifest, Files.readString(manifest).replace("name: score", "name: fraud"));

    assertThatThrownBy(() -> store.manifest("fraud", VERSION))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("digest of fraud:1.4.2: " + pushed.digest() + " (expected: sha256:");
  }

  @Test
  void refusesAFileThatTheManifestDoesNotName() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Files.writeString(root().resolve("fraud/1.4.2/files/extra"), "more");

    assertThatThrownBy(() -> store.download(manifest, folder.resolve("target")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("file 'extra': not in the manifest");
    assertThat(folder.resolve("target")).doesNotExist();
  }

  @Test
  void refusesAFileThatIsMissing() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Files.delete(root().resolve("fraud/1.4.2/files/saved_model.pb"));

    assertThatThrownBy(() -> store.download(manifest, folder.resolve("target")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("file 'saved_model.pb': missing");
  }

  @Test
  void copiesNoMoreOfAFileThanTheManifestSays() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path grown = root().resolve("fraud/1.4.2/files/saved_model.pb");
    Files.write(grown, new byte[1 << 20]);

    assertThatThrownBy(() -> store.download(manifest, folder.resolve("target")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("file 'saved_model.pb': more than 10 bytes (expected: 10)");
    assertThat(Files.size(folder.resolve("target/saved_model.pb"))).isLessThanOrEqualTo(10);
  }

  @Test
  void refusesASymbolicLinkInTheStore() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path file = root().resolve("fraud/1.4.2/files/saved_model.pb");
    Path elsewhere = Files.move(file, folder.resolve("elsewhere"));
    Files.createSymbolicLink(file, elsewhere);

    assertThatThrownBy(() -> store.download(manifest, folder.resolve("target")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("saved_model.pb': a symbolic link");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fraud", "fraud/1.4.2", "fraud/aliases"})
  void writesAndDeletesNothingBehindALink(String linked) throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", VERSION);
    Path elsewhere = Files.move(root().resolve(linked), folder.resolve("elsewhere"));
    Files.createSymbolicLink(root().resolve(linked), elsewhere);
    List<String> before = namesBelow(elsewhere);

    List<Throwable> failures =
        switch (linked) {
          case "fraud" ->
              Arrays.asList(failure(() -> store.push(draft("fraud", "1.5.0"), files(folder, "b"))));
          case "fraud/1.4.2" ->
              Arrays.asList(
                  failure(() -> store.delete("fraud", VERSION)),
                  failure(
                      () ->
                          store.addSignature(
                              "fraud", VERSION, new DetachedSignature("0".repeat(64), "{}"))));
          default -> Arrays.asList(failure(() -> store.alias("fraud", "staging", VERSION)));
        };

    assertThat(failures)
        .allSatisfy(
            refused ->
                assertThat(refused)
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining(linked + "': a symbolic link"));
    assertThat(namesBelow(elsewhere)).isEqualTo(before);
  }

  private static List<String> namesBelow(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.map(Path::toString).sorted().toList();
    }
  }

  @Test
  void aLinkToNothingHidesNoOtherModel() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    for (String place : List.of("gone", "fraud/1.5.0", "fraud/1.4.2/.claim-1")) {
      Files.createSymbolicLink(root().resolve(place), folder.resolve("nowhere"));
    }

    assertThat(store.models()).containsExactly("fraud");
    assertThat(store.versions("fraud")).containsExactly(VERSION);
    assertThat(store.leftovers()).isEmpty();
  }

  @Test
  void aManifestThatIsALinkStopsNoLookForLeftovers() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path manifest = root().resolve("fraud/1.4.2/model.yaml");
    Files.createSymbolicLink(manifest, Files.move(manifest, folder.resolve("elsewhere")));
    Path left = Files.createDirectories(root().resolve("fraud/.1.5.0.dead"));
    Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofDays(2))));

    assertThat(store.leftovers())
        .singleElement()
        .satisfies(found -> assertThat(found.place()).endsWith(".1.5.0.dead"));
  }

  @Test
  void aTargetThatCannotBeWrittenIsNotTheStoresFault() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path file = Files.writeString(folder.resolve("file"), "in the way");

    assertThatThrownBy(() -> store.download(manifest, file.resolve("target")))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("cannot be written")
        .hasMessageContaining("free space or choose another folder");
  }

  @Test
  void anAliasFileWithoutAVersionIsRefused() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", VERSION);
    Files.writeString(root().resolve("fraud/aliases/production"), "newest");

    assertThatThrownBy(() -> store.resolve(ModelRef.parse("fraud@production")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("version: 'newest'")
        .hasMessageContaining("set the alias again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "endless", "link", "pipe"})
  void aDamagedAliasBlocksNoOtherAndCanBeTakenAway(String damage) throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "staging", VERSION);
    Path alias = root().resolve("fraud/aliases/production");
    Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "1.4.2");
    switch (damage) {
      case "text" -> Files.writeString(alias, "newest");
      case "endless" -> Files.writeString(alias, "1.4.2" + " ".repeat(2000));
      case "link" -> Files.createSymbolicLink(alias, elsewhere);
      default -> new ProcessBuilder("mkfifo", alias.toString()).start().waitFor();
    }
    List<String> damaged = new ArrayList<>();

    assertThat(store.aliases("fraud", broken -> damaged.add(broken.getMessage())))
        .containsOnlyKeys("staging");
    assertThat(store.removeAlias("fraud", "production")).isEmpty();

    assertThat(damaged).singleElement().asString().contains("aliases/production");
    assertThat(alias).doesNotExist();
    assertThat(elsewhere).exists();
    store.alias("fraud", "production", VERSION);
  }

  @Test
  void aDeletionFollowsNoLink() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Path kept = Files.writeString(elsewhere.resolve("kept"), "of someone else");
    Files.createSymbolicLink(root().resolve("fraud/1.4.2/files/link"), elsewhere);

    store.delete("fraud", VERSION);

    assertThat(root().resolve("fraud/1.4.2")).doesNotExist();
    assertThat(kept).exists();
  }

  @Test
  void aVersionWhoseManifestIsDamagedCanBeDeleted() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    Files.writeString(root().resolve("fraud/1.4.2/model.yaml"), "[".repeat(100_000));

    assertThat(failure(() -> store.manifest("fraud", VERSION)))
        .isInstanceOf(InvalidModelException.class);
    store.delete("fraud", VERSION);

    assertThat(root().resolve("fraud/1.4.2")).doesNotExist();
    store.push(draft("fraud", "1.4.2"), files(folder, "b"));
  }

  @Test
  void namesEveryKindOfFileThatIsNotAsPublished() throws Exception {
    ModelStore store = open();
    Path model = files(folder, "a");
    for (String name : List.of("changed", "grown", "missing", "truncated")) {
      Files.writeString(model.resolve(name), "as published");
    }
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), model);
    Path stored = root().resolve("fraud/1.4.2/files");
    Files.writeString(stored.resolve("changed"), "AS PUBLISHED");
    Files.writeString(stored.resolve("extra"), "more");
    Files.writeString(stored.resolve("grown"), "as published and more");
    Files.delete(stored.resolve("missing"));
    Files.writeString(stored.resolve("truncated"), "as");

    assertThat(store.verify(manifest, TransferListener.NONE))
        .extracting(problem -> problem.path() + " " + problem.kind())
        .containsExactly(
            "changed CHANGED",
            "extra EXTRA",
            "grown GROWN",
            "missing MISSING",
            "truncated TRUNCATED");
  }

  @Test
  void anAliasSetWhileItsVersionIsDeletedKeepsTheVersion() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    FailingFileSystem files = new FailingFileSystem();
    // When the deletion is claimed, the alias is there: set after the first check.
    files.beforeCreate(
        () -> {
          Files.createDirectories(root().resolve("fraud/aliases"));
          Files.writeString(root().resolve("fraud/aliases/production"), "1.4.2\n");
        });

    assertThatThrownBy(() -> on(files).delete("fraud", VERSION))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("alias 'production' means it");
    assertThat(store.verify(manifest, TransferListener.NONE)).isEmpty();
  }

  @Test
  void deletesWhatAPublisherLeftWhoDiedDaysAgo() throws Exception {
    ModelStore store = open();
    Path abandoned = Files.createDirectories(root().resolve("fraud/.1.4.2.abandoned/files"));
    Path recent = Files.createDirectories(root().resolve("fraud/.1.4.2.recent/files"));
    Files.setLastModifiedTime(
        abandoned.getParent(), FileTime.from(Instant.now().minus(Duration.ofDays(2))));

    store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(abandoned.getParent()).doesNotExist();
    assertThat(recent).exists();
  }

  @Test
  void leavesAloneWhatADamagedManifestMayPublishAndWhatLiesBehindALink() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    FileTime daysAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    Path manifest = root().resolve("fraud/1.4.2/model.yaml");
    Files.writeString(
        manifest, Files.readString(manifest).replaceAll("(?m)^digest: .*$", "digest: garbage"));
    Path mayBeLive = Files.createDirectories(root().resolve("fraud/1.4.2/files-0123456789abcdef"));
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/1.0.0/files"));
    Path secret = Files.createDirectories(folder.resolve("elsewhere/.ssh"));
    for (Path path : List.of(mayBeLive, elsewhere, secret)) {
      Files.setLastModifiedTime(Files.writeString(path.resolve("file"), "mine"), daysAgo);
      Files.setLastModifiedTime(path, daysAgo);
    }
    Files.createSymbolicLink(root().resolve("linked"), folder.resolve("elsewhere"));
    Files.createSymbolicLink(root().resolve("fraud/9.9.9"), folder.resolve("elsewhere/1.0.0"));

    assertThat(store.leftovers()).isEmpty();
  }

  @Test
  void showsAndFreesWhatPushesLeftThatDiedDaysAgo() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    FileTime daysAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    List<Path> left =
        List.of(
            root().resolve("fraud/.1.5.0.dead"),
            root().resolve("fraud/1.4.2/.claim-1"),
            root().resolve("fraud/1.4.2/files-0123456789abcdef"),
            root().resolve("fraud/1.6.0/files"));
    for (Path path : left) {
      Path file = Files.createDirectories(path).resolve("half");
      Files.writeString(file, "half");
      Files.setLastModifiedTime(file, daysAgo);
      Files.setLastModifiedTime(path, daysAgo);
    }
    Path live = Files.createDirectories(root().resolve("fraud/.1.7.0.live/files"));
    Files.setLastModifiedTime(live.getParent(), daysAgo);

    List<StoreLeftover> leftovers = store.leftovers();
    leftovers.forEach(store::delete);

    assertThat(leftovers)
        .extracting(leftover -> leftover.place() + " " + leftover.bytes())
        .containsExactlyInAnyOrderElementsOf(
            left.stream().map(path -> "file:" + path + " 4").toList());
    assertThat(left).noneMatch(Files::exists);
    assertThat(root().resolve("fraud/1.6.0")).doesNotExist();
    assertThat(live).exists();
    assertThat(store.verify(manifest, TransferListener.NONE)).isEmpty();
  }

  @Test
  void refusesFilesThatChangeWhileTheyArePushed() throws Exception {
    ModelStore store = open();
    Path model = files(folder, "a");
    Path last = model.resolve("variables/variables.data");

    assertThatThrownBy(
            () ->
                store.push(
                    draft("fraud", "1.4.2"), model, (copied, total) -> write(last, "weights of b")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("variables.data': changed while it was pushed");
    assertThat(store.models()).isEmpty();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
