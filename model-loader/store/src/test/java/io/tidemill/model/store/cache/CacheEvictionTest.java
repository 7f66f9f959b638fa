package io.tidemill.model.store.cache;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.OtherProcess;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.InMemoryBackend;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a cache deletes, and what it never does. */
@Timeout(300)
class CacheEvictionTest {
  private static final ByteSize NOTHING = new ByteSize(0);

  @TempDir private Path folder;

  private final InMemoryBackend backend = new InMemoryBackend();
  private final ModelStore store = backend.store();
  private Instant now = Instant.parse("2026-11-01T12:00:00Z");

  private LocalModelCache cache(ByteSize maxSize) {
    return new LocalModelCache(folder.resolve("cache"), maxSize, () -> now);
  }

  private ModelManifest push(String version) {
    return store.push(draft("fraud", version), files(folder, "version " + version));
  }

  private void fetch(LocalModelCache cache, ModelManifest manifest) {
    cache.open(store, manifest, TransferListener.NONE).close();
    now = now.plus(Duration.ofHours(1));
  }

  private static List<String> models(List<CacheEntry> entries) {
    return entries.stream().map(entry -> String.valueOf(entry.model())).toList();
  }

  private static ByteSize sizeOfEntries(LocalModelCache cache) {
    return new ByteSize(cache.entries().stream().mapToLong(CacheEntry::bytes).sum());
  }

  @Test
  void theLongestUnusedGoAfterAFetch() {
    LocalModelCache unlimited = cache(LocalModelCache.DEFAULT_MAX_SIZE);
    ModelManifest first = push("1.0.0");
    fetch(unlimited, first);
    fetch(unlimited, push("2.0.0"));
    ByteSize sizeOfTwo = sizeOfEntries(unlimited);
    fetch(unlimited, first);

    fetch(cache(sizeOfTwo), push("3.0.0"));

    assertThat(models(unlimited.entries())).containsExactly("fraud:1.0.0", "fraud:3.0.0");
  }

  @Test
  void whatIsInUseIsNeverDeleted() {
    LocalModelCache cache = cache(NOTHING);
    ModelManifest first = push("1.0.0");
    CachedModel used = cache.open(store, first, TransferListener.NONE);
    CachedModel usedTwice = cache.open(store, first, TransferListener.NONE);

    fetch(cache, push("2.0.0"));
    assertThat(used.files().resolve("saved_model.pb")).exists();
    assertThat(cache.prune(NOTHING, Duration.ZERO, false))
        .extracting(CacheEntry::model)
        .containsExactly("fraud:2.0.0");
    used.close();
    used.close();
    assertThat(cache.prune(NOTHING, null, false)).isEmpty();
    assertThat(cache.entries()).extracting(CacheEntry::inUse).containsExactly(true);

    usedTwice.close();
    assertThat(models(cache.prune(NOTHING, null, false))).containsExactly("fraud:1.0.0");
    assertThat(usedTwice.files()).doesNotExist();
  }

  @Test
  void whatAnotherProcessUsesStaysUntilItDies() throws Exception {
    ModelStore shared = ModelStore.open(folder.resolve("store").toString());
    shared.push(draft("fraud", "1.4.2"), files(folder, "a"));
    LocalModelCache cache = cache(NOTHING);
    Process process =
        OtherProcess.of(UseMain.class, shared.uri(), folder.resolve("cache"))
            .builder()
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).startsWith("uses ");

      assertThat(cache.prune(NOTHING, Duration.ZERO, false)).isEmpty();
      assertThat(cache.entries()).extracting(CacheEntry::inUse).containsExactly(true);

      process.destroyForcibly();
      assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
      assertThat(models(cache.prune(NOTHING, null, false))).containsExactly("fraud:1.4.2");
      assertThat(cache.entries()).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatIsLargerThanTheLimitIsUsedAllTheSame() {
    LocalModelCache cache = cache(NOTHING);

    try (CachedModel copy = cache.open(store, push("1.0.0"), TransferListener.NONE)) {
      assertThat(copy.fetched()).isTrue();
      assertThat(copy.files().resolve("saved_model.pb")).exists();
    }
  }

  @Test
  void whatNobodyAskedForInATimeGoesHoweverSmall() {
    LocalModelCache cache = cache(LocalModelCache.DEFAULT_MAX_SIZE);
    fetch(cache, push("1.0.0"));
    now = now.plus(Duration.ofDays(30));
    fetch(cache, push("2.0.0"));

    assertThat(models(cache.prune(cache.maxSize(), Duration.ofDays(30), false)))
        .containsExactly("fraud:1.0.0");
    assertThat(models(cache.entries())).containsExactly("fraud:2.0.0");
  }

  @Test
  void aDryRunSaysWhatWouldGoAndDeletesNothing() {
    LocalModelCache cache = cache(LocalModelCache.DEFAULT_MAX_SIZE);
    fetch(cache, push("1.0.0"));

    assertThat(models(cache.prune(NOTHING, null, true))).containsExactly("fraud:1.0.0");
    assertThat(models(cache.entries())).containsExactly("fraud:1.0.0");
  }

  @Test
  void whatAProcessThatDiedLeftIsShownAndDeleted() throws Exception {
    LocalModelCache cache = cache(LocalModelCache.DEFAULT_MAX_SIZE);
    String hex = "0a".repeat(32);
    Path part = Files.createDirectories(folder.resolve("cache/." + hex + ".123/files"));
    Files.writeString(part.resolve("saved_model.pb"), "half");

    assertThat(cache.entries())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.leftover()).isTrue();
              assertThat(entry.bytes()).isEqualTo(4);
            });
    assertThat(cache.prune(cache.maxSize(), null, false)).hasSize(1);
    assertThat(part.getParent()).doesNotExist();
  }

  @Test
  void aPartThatAThreadFetchesNowIsNoLeftover() {
    LocalModelCache cache = cache(LocalModelCache.DEFAULT_MAX_SIZE);
    List<CacheEntry> pruned = new ArrayList<>();
    List<CacheEntry> seen = new ArrayList<>();

    cache
        .open(
            store,
            push("1.0.0"),
            (copied, total) -> {
              seen.addAll(cache.entries());
              pruned.addAll(cache.prune(NOTHING, Duration.ZERO, false));
            })
        .close();

    assertThat(seen).isNotEmpty().allMatch(CacheEntry::inUse);
    assertThat(pruned).isEmpty();
    assertThat(models(cache.entries())).containsExactly("fraud:1.0.0");
  }

  @Test
  void anEmptyCacheHasNoEntries() {
    assertThat(cache(NOTHING).entries()).isEmpty();
    assertThat(cache(NOTHING).prune(NOTHING, null, false)).isEmpty();
  }

  @Test
  void theLimitIsThePropertysBeforeTheVariables() {
    assertThat(LocalModelCache.maxSize("1g", "2g")).isEqualTo(ByteSize.parse("1g"));
    assertThat(LocalModelCache.maxSize(null, "2g")).isEqualTo(ByteSize.parse("2g"));
    assertThat(LocalModelCache.maxSize(" ", "")).isEqualTo(LocalModelCache.DEFAULT_MAX_SIZE);
    assertThatThrownBy(() -> LocalModelCache.maxSize("much", null))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessage(
            "limit of the model cache: size: 'much' (expected: as in 10GiB, 512MB or 1048576); correct -Dtidemill.cache.max-size=… or TIDEMILL_CACHE_MAX_SIZE");
  }
}
