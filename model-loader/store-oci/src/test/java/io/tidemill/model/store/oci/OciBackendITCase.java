package io.tidemill.model.store.oci;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.ModelStoreContract;
import io.tidemill.model.store.StoreBackend;
import io.tidemill.model.store.TransferListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against Debian's docker-registry, where the machine has it. */
class OciBackendITCase extends ModelStoreContract {
  @TempDir private static Path registryFolder;
  private static Optional<DockerRegistry> registry = Optional.empty();

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> program = DockerRegistry.program();
    if (program.isPresent()) {
      registry = Optional.of(DockerRegistry.start(program.get(), registryFolder, true));
    }
  }

  /** Of every test, because Surefire counts and shows nothing of a class that is skipped whole. */
  @BeforeEach
  void skipWithoutRegistry() {
    assumeTrue(
        registry.isPresent(),
        "no 'docker-registry' on the PATH (Debian: apt-get install docker-registry)");
  }

  @AfterAll
  static void stop() throws Exception {
    if (registry.isPresent()) {
      registry.get().close();
    }
  }

  @Override
  protected StoreBackend backend() {
    return new OciStoreProvider().open(newStore());
  }

  private static String newStore() {
    return "oci://" + registry.orElseThrow().host() + "/" + UUID.randomUUID();
  }

  @Test
  void refusesBytesThatTheRegistryChanged() throws Exception {
    ModelStore store = open();
    ModelManifest manifest =
        store.push(draft("fraud", "1.4.2"), files(folder, UUID.randomUUID().toString()));
    ModelFile file = manifest.files().get(0);
    Path blob = registry.orElseThrow().blob(file.sha256());
    byte[] bytes = Files.readAllBytes(blob);
    bytes[0] ^= 1;
    Files.write(blob, bytes);

    assertThatThrownBy(() -> store.download(manifest, folder.resolve("target")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2 (" + manifest.digest() + ") in store " + store.uri())
        .hasMessageContaining("'" + file.path() + "'");
    assertThat(store.verify(manifest, TransferListener.NONE))
        .singleElement()
        .satisfies(problem -> assertThat(problem.path()).isEqualTo(file.path()));
  }

  @Test
  void aRegistryThatDeletesNothingServesToo() throws Exception {
    Path own = Files.createDirectories(folder.resolve("keeps"));
    try (DockerRegistry keeps =
        DockerRegistry.start(DockerRegistry.program().orElseThrow(), own, false)) {
      ModelStore store = ModelStore.open("oci://" + keeps.host() + "/" + UUID.randomUUID());
      store.push(draft("fraud", "1.4.2"), files(folder, "a"));
      store.push(draft("fraud", "1.5.0"), files(folder, "b"));
      store.alias("fraud", "production", SemanticVersion.parse("1.5.0"));

      store.removeAlias("fraud", "production");
      store.delete("fraud", SemanticVersion.parse("1.4.2"));

      assertThat(store.aliases("fraud")).isEmpty();
      assertThat(store.versions("fraud")).containsExactly(SemanticVersion.parse("1.5.0"));
    }
  }

  @Test
  void ofADeletionAndAnAliasAtOnceOneIsRefused() throws Exception {
    ModelStore store = open();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    for (int i = 0; i < 3; i++) {
      SemanticVersion version = SemanticVersion.parse("1.0." + i);
      store.push(draft("fraud", version.toString()), files(folder, "a" + i));
      CyclicBarrier start = new CyclicBarrier(2);
      List<Future<Boolean>> changes =
          List.of(
              threads.submit(() -> succeeds(start, () -> store.delete("fraud", version))),
              threads.submit(
                  () -> succeeds(start, () -> store.alias("fraud", "production", version))));

      boolean deleted = changes.get(0).get(300, TimeUnit.SECONDS);
      boolean aliased = changes.get(1).get(300, TimeUnit.SECONDS);

      assertThat(deleted).isNotEqualTo(aliased);
      assertThat(store.find("fraud", version).isPresent()).isEqualTo(aliased);
    }
    threads.shutdown();
  }

  private static boolean succeeds(CyclicBarrier start, Runnable change) throws Exception {
    start.await();
    try {
      change.run();
      return true;
    } catch (StoreRefusedException e) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1000_dead", "x", "12345678901234567890_x"})
  void waitsNotForThoseThatDiedOrAreNone(String rest) {
    String uri = newStore();
    OciAddress address = OciAddress.parse(uri);
    new OciTags(address, new OciRegistry(address))
        .put("fraud", "_claim-1.4.2_" + rest, OciManifest.CLAIM, rest, List.of());
    long beganNanos = System.nanoTime();

    ModelStore.open(uri).push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(Duration.ofNanos(System.nanoTime() - beganNanos)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void obeysThePolicyInItsOwnRepository() {
    String uri = newStore();
    OciAddress address = OciAddress.parse(uri);
    new OciTags(address, new OciRegistry(address))
        .put(OciAddress.STORE, "_policy", OciManifest.POLICY, "engines: [onnx]\n", List.of());
    ModelStore store = ModelStore.open(uri);

    assertThatThrownBy(() -> store.push(draft("fraud", "1.4.2"), files(folder, "a")))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("fraud:1.4.2: engine 'fake' (expected: onnx)");
    assertThat(store.models()).isEmpty();
  }

  @Test
  void listsMoreModelsThanAnAnswerHas() throws Exception {
    OciAddress address = OciAddress.parse(newStore());
    OciRegistry client = new OciRegistry(address);
    OciTags tags = new OciTags(address, client);
    tags.put(OciAddress.STORE, "fraud", OciManifest.LISTED, "fraud", List.of());
    String json = client.manifest(OciAddress.STORE, "fraud").orElseThrow();
    Path links = registry.orElseThrow().tags(address.repository());
    for (int i = 0; i < 700; i++) {
      Path link = Files.createDirectories(links.resolve("m" + i + "/current")).resolve("link");
      Files.writeString(link, "sha256:" + DigestUtils.sha256Hex(json));
    }

    assertThat(client.tags(OciAddress.STORE)).hasSize(701).contains("fraud", "m0", "m699");
  }

  @Test
  void saysWhichRegistryDoesNotAnswer() {
    ModelStore store = ModelStore.open("oci://127.0.0.1:1/models");

    assertThatThrownBy(() -> store.find("fraud", SemanticVersion.parse("1.0.0")))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'oci://127.0.0.1:1/models': cannot read fraud:1.0.0");
    assertThatThrownBy(store::models)
        .hasMessageContaining("store 'oci://127.0.0.1:1/models': cannot list tags of models");
  }
}
