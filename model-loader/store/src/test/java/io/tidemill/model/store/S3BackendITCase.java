package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On Flink's own S3 file system, against a real endpoint. */
class S3BackendITCase extends ModelStoreContract {
  private static final String BUCKET = "models";

  @TempDir private static Path proxyFolder;
  private static S3Proxy proxy;

  @BeforeAll
  static void start() throws Exception {
    proxy = S3Proxy.start(proxyFolder, BUCKET);
    FileSystem.initialize(proxy.configuration(), null);
  }

  @AfterAll
  static void stop() throws Exception {
    FileSystem.initialize(new Configuration(), null);
    proxy.close();
  }

  @Override
  protected StoreBackend backend() {
    return FolderBackend.open("s3://" + BUCKET + "/" + UUID.randomUUID());
  }

  @Test
  void aBucketThatIsNotThereIsAStoreThatDoesNotAnswer() {
    ModelStore store = ModelStore.open("s3://nowhere/models");

    assertThatThrownBy(store::models)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("store 's3://nowhere/models': cannot list s3://nowhere/models")
        .hasMessageContaining("bucket does not exist");
  }

  @Test
  void keepsAFileWithoutBytes() throws Exception {
    ModelStore store = open();
    Path files = Drafts.files(folder, "a");
    Files.createFile(files.resolve("empty"));

    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files);
    store.download(manifest, folder.resolve("target"));

    assertThat(manifest.damage(folder.resolve("target"))).isEmpty();
    assertThat(store.verify(manifest, TransferListener.NONE)).isEmpty();
  }

  @Test
  void anAliasThatMovesIsNeverMissing() throws Exception {
    ModelStore store = open();
    store.push(draft("fraud", "1.0.0"), Drafts.files(folder, "a"));
    store.push(draft("fraud", "1.1.0"), Drafts.files(folder, "b"));
    store.alias("fraud", "production", SemanticVersion.parse("1.0.0"));
    ExecutorService mover = Executors.newSingleThreadExecutor();
    Future<?> moving =
        mover.submit(
            () -> {
              for (int i = 0; i < 20; i++) {
                store.alias("fraud", "production", SemanticVersion.parse("1." + i % 2 + ".0"));
              }
            });

    do {
      assertThat(store.aliases("fraud")).containsKey("production");
    } while (!moving.isDone());
    mover.shutdown();
    moving.get();
  }
}
