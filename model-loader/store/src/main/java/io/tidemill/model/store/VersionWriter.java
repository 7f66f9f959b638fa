package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * How versions come into a store of folders and leave it, so that none is ever there half, whoever
 * else writes.
 *
 * <p>Implementations are thread-safe.
 */
interface VersionWriter {
  /**
   * Publishes a version, or finds that it is published already.
   *
   * @return the manifest that is there now: this one, or that of the publisher who was first
   */
  ModelManifest publish(Publication publication, TransferListener listener);

  /**
   * Deletes a version.
   *
   * @param unaliased throws if an alias means the version; asked once the version is out of sight,
   *     and where it throws, the version is put back
   */
  void delete(ModelManifest manifest, Runnable unaliased);

  /** Copies all files into a folder of the store, and proves that they stayed as they were. */
  static void upload(
      StoreFiles files,
      Publication publication,
      org.apache.flink.core.fs.Path folder,
      TransferListener listener) {
    Transfer transfer = new Transfer(publication.manifest(), listener);
    for (ModelFile file : publication.manifest().files()) {
      Path source = publication.sources().get(file.path());
      if (source == null) {
        throw new IllegalStateException("a publication has every file's source: " + file.path());
      }
      upload(files, file, source, folder, transfer);
    }
  }

  private static void upload(
      StoreFiles files,
      ModelFile file,
      Path source,
      org.apache.flink.core.fs.Path folder,
      Transfer transfer) {
    try {
      ModelFile copied =
          files.upload(
              file.path(),
              source,
              new org.apache.flink.core.fs.Path(folder, file.path()),
              transfer);
      if (!copied.equals(file)) {
        throw new InvalidModelException(
            "'%s': changed while it was pushed; push again when nothing writes to it"
                .formatted(source));
      }
    } catch (IOException e) {
      throw Publication.unreadable(source, e);
    }
  }
}
