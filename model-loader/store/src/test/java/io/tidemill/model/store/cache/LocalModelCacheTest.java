package io.tidemill.model.store.cache;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.OtherProcess;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.store.InMemoryBackend;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class LocalModelCacheTest {
  private static final FileAttribute<Set<PosixFilePermission>> OWNERS_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  @TempDir Path folder;
  private final InMemoryBackend backend = new InMemoryBackend();
  private final ModelStore store = backend.store();
  private LocalModelCache cache = new LocalModelCache(Path.of("unused"));
  private final ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(scratch(), "a"));

  private static Path scratch() {
    return Path.of(System.getProperty("java.io.tmpdir"), "drafts");
  }

  @BeforeEach
  void openCache() {
    cache = new LocalModelCache(folder.resolve("cache"));
  }

  private static Path opened(LocalModelCache cache, ModelStore store, ModelManifest manifest) {
    try (CachedModel copy = cache.open(store, manifest, TransferListener.NONE)) {
      return copy.files();
    }
  }

  private Optional<Path> fetched(ModelManifest manifest) {
    Optional<CachedModel> copy = cache.openFetched(manifest.modelVersion());
    copy.ifPresent(CachedModel::close);
    return copy.map(CachedModel::files);
  }

  private void refusesAsItIs(String problem) {
    assertThatThrownBy(() -> opened(cache, store, manifest))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2 (" + manifest.digest() + ") in store memory:store")
        .hasMessageContaining(problem)
        .hasMessageContaining("nothing of it is used");
    assertNothingIsLeft();
  }

  private void assertNothingIsLeft() {
    assertThat(
            folder
                .resolve("cache")
                .toFile()
                .list((dir, name) -> !name.endsWith(".lock") && !name.endsWith(".use")))
        .isEmpty();
    assertThat(fetched(manifest)).isEmpty();
  }

  @Test
  void fetchesAVersionOnce() {
    Path first = opened(cache, store, manifest);
    Path second = opened(cache, store, manifest);

    assertThat(first).isEqualTo(second);
    assertThat(first.resolve("saved_model.pb")).hasContent("graph of a");
    assertThat(backend.listings()).isEqualTo(1);
  }

  @Test
  void anotherCacheInTheSameDirectoryUsesWhatIsThere() {
    opened(cache, store, manifest);

    opened(new LocalModelCache(folder.resolve("cache")), store, manifest);

    assertThat(backend.listings()).isEqualTo(1);
  }

  @Test
  void refusesATamperedFile() {
    backend.tamper(manifest, "saved_model.pb", "graph of b".getBytes(StandardCharsets.UTF_8));

    refusesAsItIs("file 'saved_model.pb': sha256 ");
  }

  @Test
  void refusesATruncatedFile() {
    backend.tamper(manifest, "saved_model.pb", "graph".getBytes(StandardCharsets.UTF_8));

    refusesAsItIs("file 'saved_model.pb': 5 bytes (expected: 10)");
  }

  @Test
  void refusesAMissingFile() {
    backend.tamper(manifest, "saved_model.pb");

    refusesAsItIs("file 'saved_model.pb': missing");
  }

  @Test
  void refusesAnExtraFile() {
    backend.tamper(manifest, "variables/extra", (byte) 1);

    refusesAsItIs("file 'variables/extra': not in the manifest");
  }

  @Test
  void namesEveryFileThatIsWrongAtOnce() {
    backend.tamper(manifest, "saved_model.pb");
    backend.tamper(manifest, "variables/extra", (byte) 1);

    refusesAsItIs("file 'saved_model.pb': missing; file 'variables/extra': not in the manifest");
  }

  @Test
  void aDamagedCopyIsFetchedOnceMore() throws Exception {
    Path files = opened(cache, store, manifest);
    Files.writeString(files.resolve("saved_model.pb"), "graph of x");

    opened(cache, store, manifest);

    assertThat(files.resolve("saved_model.pb")).hasContent("graph of a");
    assertThat(backend.listings()).isEqualTo(2);
  }

  @Test
  void aDamagedCopyOfATamperedVersionIsRefused() throws Exception {
    Path files = opened(cache, store, manifest);
    Files.delete(files.resolve("saved_model.pb"));
    backend.tamper(manifest, "saved_model.pb", (byte) 1);

    refusesAsItIs("file 'saved_model.pb': 1 bytes (expected: 10)");
    assertThat(backend.listings()).isEqualTo(2);
  }

  @Test
  void aCopyWithALinkInItIsDamaged() throws Exception {
    Path files = opened(cache, store, manifest);
    Path elsewhere = Files.move(files.resolve("saved_model.pb"), folder.resolve("elsewhere"));
    Files.createSymbolicLink(files.resolve("saved_model.pb"), elsewhere);

    opened(cache, store, manifest);

    assertThat(Files.isSymbolicLink(files.resolve("saved_model.pb"))).isFalse();
    assertThat(elsewhere).exists();
  }

  @Test
  void aFetchedVersionIsProvedWithoutAStore() throws Exception {
    assertThat(fetched(manifest)).isEmpty();
    Path files = opened(cache, store, manifest);

    assertThat(fetched(manifest)).contains(files);
    Files.writeString(files.resolve("saved_model.pb"), "graph of x");
    assertThat(fetched(manifest)).isEmpty();
  }

  @Test
  void nothingHalfWrittenIsUsedAfterADiskIsFull() {
    TransferListener full =
        (copied, total) -> {
          throw new UnavailableHereException("no space left on device");
        };

    assertThat(catchThrowable(() -> cache.open(store, manifest, full)))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessage("no space left on device");

    assertNothingIsLeft();
    assertThat(opened(cache, store, manifest).resolve("saved_model.pb")).hasContent("graph of a");
  }

  @Test
  void whatAProcessThatDiedLeftIsThrownAway() throws Exception {
    String hex = manifest.digest().substring("sha256:".length());
    Path leftover = Files.createDirectories(folder.resolve("cache/." + hex + ".123/files"));
    Files.writeString(leftover.resolve("saved_model.pb"), "gra");

    opened(cache, store, manifest);

    assertThat(leftover).doesNotExist();
  }

  @Test
  void aDirectoryThatCannotBeWrittenSaysHowToNameAnother() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    LocalModelCache blocked = new LocalModelCache(file.resolve("cache"));

    assertThatThrownBy(() -> opened(blocked, store, manifest))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("model cache '" + file.resolve("cache") + "'")
        .hasMessageContaining("-Dtidemill.cache=… or TIDEMILL_CACHE");
  }

  @Test
  void nobodyElseReadsOrWritesADirectoryThatItMakes() throws Exception {
    opened(cache, store, manifest);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache.directory())))
        .isEqualTo("rwx------");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hex"})
  void refusesWhatOthersCanWrite(String entry) throws Exception {
    opened(cache, store, manifest);
    String hex = manifest.digest().substring("sha256:".length());
    Path folder = cache.directory().resolve(entry.replace("hex", hex));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxr-x"));

    for (ThrowingCallable refused :
        List.<ThrowingCallable>of(() -> opened(cache, store, manifest), () -> fetched(manifest))) {
      assertThatThrownBy(refused)
          .isInstanceOf(UnavailableHereException.class)
          .hasMessageContaining("rwxrwxr-x, so others can change what is proved")
          .hasMessageContaining("chmod go-w");
    }
  }

  @Test
  void takesACacheBehindALink() throws Exception {
    opened(cache, store, manifest);
    Path link = Files.createSymbolicLink(folder.resolve("link"), cache.directory());

    assertThat(opened(new LocalModelCache(link), store, manifest)).startsWith(link);
  }

  @ParameterizedTest
  @ValueSource(strings = {"shared", "link", "target"})
  void refusesADirectoryThatOthersCanPutAnotherInThePlaceOf(String place) throws Exception {
    Path shared = Files.createDirectories(folder.resolve("shared"));
    Path own = Files.createDirectories(folder.resolve("own/models"));
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path directory =
        switch (place) {
          case "shared" -> shared.resolve("deep/models");
          case "link" -> Files.createSymbolicLink(shared.resolve("link"), own);
          default -> {
            Path inside = Files.createDirectory(shared.resolve("models"), OWNERS_ALONE);
            yield Files.createSymbolicLink(folder.resolve("link"), inside);
          }
        };

    assertThatThrownBy(() -> opened(new LocalModelCache(directory), store, manifest))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("'" + shared + "' above it is rwxrwxrwx")
        .hasMessageContaining("chmod +t");
  }

  @Test
  void takesADirectoryBelowOneThatTheUsersOwnGroupMayWrite() throws Exception {
    Path group = Files.createDirectories(folder.resolve("group"));
    Files.setPosixFilePermissions(group, PosixFilePermissions.fromString("rwxrwxr-x"));
    int gid = (Integer) Files.getAttribute(group, "unix:gid");
    assumeTrue(Files.getAttribute(group, "unix:uid").equals(gid), "the user has a group alone");

    assertThat(opened(new LocalModelCache(group.resolve("models")), store, manifest)).exists();

    assumeTrue(System.getProperty("user.name").equals("root"), "only root gives a file away");
    Files.setAttribute(group, "unix:gid", 12_345);
    assertThatThrownBy(() -> opened(new LocalModelCache(group.resolve("models")), store, manifest))
        .hasMessageContaining("'" + group + "' above it is rwxrwxr-x");
  }

  @Test
  void refusesADirectoryOfSomeoneElse() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root gives a file away");
    Path directory = Files.createDirectories(cache.directory());
    Files.setOwner(
        directory,
        directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));

    assertThatThrownBy(() -> opened(cache, store, manifest))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("owned by 'nobody' (expected: by 'root')");
  }

  @Test
  void refusesADirectoryBelowOneOfSomeoneElse() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root gives a file away");
    Path above = Files.createDirectory(folder.resolve("above"), OWNERS_ALONE);
    Files.setAttribute(above, "unix:uid", 12_345);

    assertThatThrownBy(() -> opened(new LocalModelCache(above.resolve("models")), store, manifest))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("'" + above + "' above it is rwx------ of '12345'");
  }

  @Test
  void anInterruptEndsTheWaitAndStaysSet() {
    Thread.currentThread().interrupt();

    assertThat(catchThrowable(() -> opened(cache, store, manifest)))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("interrupted while a version was fetched");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void threadsThatFetchAtOnceFetchOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<Path>> results = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      LocalModelCache own = new LocalModelCache(folder.resolve("cache"));
      results.add(threads.submit(() -> opened(own, store, manifest)));
    }

    for (Future<Path> result : results) {
      assertThat(result.get().resolve("saved_model.pb")).hasContent("graph of a");
    }
    assertThat(backend.listings()).isEqualTo(1);
    threads.shutdown();
    assertThat(threads.awaitTermination(300, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void processesThatFetchAtOnceAllGetTheWholeVersion() throws Exception {
    ModelStore shared = ModelStore.open(folder.resolve("store").toString());
    ModelManifest pushed = shared.push(draft("fraud", "1.4.2"), files(folder, "b"));
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(
          OtherProcess.of(FetchMain.class, shared.uri(), folder.resolve("cache"))
              .builder()
              .redirectErrorStream(true)
              .redirectOutput(new File(folder.toFile(), "process" + i))
              .start());
    }

    for (int i = 0; i < processes.size(); i++) {
      assertThat(processes.get(i).waitFor())
          .as(Files.readString(folder.resolve("process" + i)))
          .isZero();
    }
    assertThat(fetched(pushed)).isPresent();
  }

  @Test
  void aDiskThatRefusesToGrowAFileLeavesNothingHalfWritten() throws Exception {
    ModelStore shared = ModelStore.open(folder.resolve("store").toString());
    Path large = files(folder, "b");
    Files.write(large.resolve("weights"), new byte[4 << 20]);
    ModelManifest pushed = shared.push(draft("fraud", "1.4.2"), large);
    Path output = folder.resolve("output");
    // The shell's limit on the size of files stands for a disk without space.
    ProcessBuilder fetch =
        OtherProcess.of(FetchMain.class, shared.uri(), folder.resolve("cache")).builder();
    fetch.command().addAll(0, List.of("sh", "-c", "ulimit -f 2048 && exec \"$0\" \"$@\""));

    Process limited = fetch.redirectErrorStream(true).redirectOutput(output.toFile()).start();

    assertThat(limited.waitFor()).as(Files.readString(output)).isNotZero();

    assertThat(Files.readString(output))
        .contains("UnavailableHereException")
        .contains("weights': cannot be written (")
        .contains("free space or choose another folder");
    assertThat(cache.entries()).isEmpty();
    assertThat(opened(cache, shared, pushed).resolve("weights")).hasSize(4 << 20);
  }

  @Test
  void thePropertyGoesBeforeTheVariableAndThatBeforeTheHome() {
    assertThat(LocalModelCache.directory("/p", "/v", "/h")).isEqualTo(Path.of("/p"));
    assertThat(LocalModelCache.directory(null, "/v", "/h")).isEqualTo(Path.of("/v"));
    assertThat(LocalModelCache.directory(" ", "", "/h"))
        .isEqualTo(Path.of("/h/.cache/tidemill/models"));
  }
}
