package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class ObjectBackendTest extends ModelStoreContract {
  private final ObjectFileSystem objects = new ObjectFileSystem();

  private Path root() {
    return folder.resolve("store");
  }

  @Override
  protected StoreBackend backend() throws Exception {
    Files.createDirectories(root());
    var path = new org.apache.flink.core.fs.Path("file:" + root());
    return new FolderBackend(path, objects);
  }

  @Test
  void losersLeaveNothingAndTheWinnersFilesCarryItsDigest() throws Exception {
    ModelStore store = open();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    Assertions.assertThatThrownBy(() -> store.push(draft("fraud", "1.4.2"), files(folder, "b")))
        .isInstanceOf(StoreRefusedException.class);

    assertThat(root().resolve("fraud/1.4.2").toFile().list())
        .containsExactlyInAnyOrder("model.yaml", "files-" + manifest.digest().substring(7, 7 + 16));
  }

  @Test
  void readsAVersionThatWasCopiedFromAStoreOfFolders() throws Exception {
    ModelStore store = open();
    ModelStore folders = ModelStore.open(root().toString());
    ModelManifest manifest = folders.push(draft("fraud", "1.4.2"), files(folder, "a"));

    store.download(manifest, folder.resolve("target"));

    assertThat(folder.resolve("target/saved_model.pb")).hasContent("graph of a");
    assertThat(store.verify(manifest, TransferListener.NONE)).isEmpty();
    store.delete("fraud", SemanticVersion.parse("1.4.2"));
    assertThat(root().resolve("fraud/1.4.2/files")).doesNotExist();
  }

  @Test
  void theClaimOfAPublisherWhoDiedStopsNobody() throws Exception {
    ModelStore store = open();
    Path claims = Files.createDirectories(root().resolve("fraud/1.4.2"));
    Path dead = Files.writeString(claims.resolve(".claim-0"), "");
    Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofMinutes(11))));

    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));

    assertThat(store.verify(manifest, TransferListener.NONE)).isEmpty();
    assertThat(dead).doesNotExist();
  }

  /** A claim that is not seen would give two publishers the right to the same version. */
  @Test
  void aFolderIsListedThoughSomethingInItGoesMeanwhile() throws Exception {
    open().push(draft("fraud", "1.4.2"), files(folder, "a"));

    objects.vanish(3);

    assertThat(backend().list(StoreKey.manifests("fraud")))
        .extracting(StoreBackend.Entry::name)
        .containsExactly("1.4.2");
  }
}
