package io.tidemill.model.store.oci;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.ModelStoreContract;
import io.tidemill.model.store.ModelStores;
import io.tidemill.model.store.TransferListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against Debian's docker-registry, where the machine has it. */
class OciModelStoreITCase extends ModelStoreContract {
  @TempDir private static Path registryFolder;
  private static Optional<DockerRegistry> registry = Optional.empty();

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> program = DockerRegistry.program();
    assumeTrue(
        program.isPresent(),
        "no 'docker-registry' on the PATH (Debian: apt-get install docker-registry)");
    registry = Optional.of(DockerRegistry.start(program.get(), registryFolder, true));
  }

  @AfterAll
  static void stop() throws Exception {
    if (registry.isPresent()) {
      registry.get().close();
    }
  }

  @Override
  protected ModelStore open() {
    return store(registry.orElseThrow());
  }

  private static ModelStore store(DockerRegistry registry) {
    return ModelStores.open("oci://" + registry.host() + "/" + UUID.randomUUID());
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
        .hasMessageContaining("fraud:1.4.2 in store " + store.uri())
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
      ModelStore store = store(keeps);
      store.push(draft("fraud", "1.4.2"), files(folder, "a"));
      store.push(draft("fraud", "1.5.0"), files(folder, "b"));
      store.alias("fraud", "production", SemanticVersion.parse("1.5.0"));

      store.removeAlias("fraud", "production");
      store.delete("fraud", SemanticVersion.parse("1.4.2"));

      assertThat(store.aliases("fraud")).isEmpty();
      assertThat(store.versions("fraud"))
          .extracting(ModelManifest::version)
          .containsExactly(SemanticVersion.parse("1.5.0"));
    }
  }

  @Test
  void saysWhichRegistryDoesNotAnswer() {
    ModelStore store = ModelStores.open("oci://127.0.0.1:1/models");

    assertThatThrownBy(() -> store.find("fraud", SemanticVersion.parse("1.0.0")))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 'oci://127.0.0.1:1/models': cannot read fraud:1.0.0");
  }
}
