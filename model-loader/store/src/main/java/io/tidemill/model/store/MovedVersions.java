package io.tidemill.model.store;

import io.tidemill.model.StoreUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * Versions of a store on this machine's files, where a folder is moved in one step: each is written
 * beside its place and then moved there, which fails where another one is.
 *
 * <p>Thread-safe, and safe beside other processes.
 */
final class MovedVersions implements VersionWriter {
  /** Longer than any push takes. */
  private static final long ABANDONED_MILLIS = Duration.ofDays(1).toMillis();

  private static final int ATTEMPTS = 3;

  private final StoreFiles files;
  private final StoreLayout layout;
  private final StoredManifests manifests;

  MovedVersions(StoreFiles files, StoreLayout layout) {
    this.files = files;
    this.layout = layout;
    this.manifests = new StoredManifests(files, layout);
  }

  private Path beside(ModelManifest manifest) {
    return new Path(layout.model(manifest.name()), prefix(manifest) + UUID.randomUUID());
  }

  private static String prefix(ModelManifest manifest) {
    return "." + manifest.version() + ".";
  }

  @Override
  public ModelManifest publish(Publication publication, TransferListener listener) {
    ModelManifest manifest = publication.manifest();
    deleteAbandoned(manifest);
    Path staged = beside(manifest);
    try {
      VersionWriter.upload(files, publication, new Path(staged, StoreLayout.FILES), listener);
      files.write(new Path(staged, StoreLayout.MANIFEST), ManifestYaml.write(manifest));
      return move(staged, manifest);
    } finally {
      files.delete(staged);
    }
  }

  /** What publishers left that died. */
  private void deleteAbandoned(ModelManifest manifest) {
    long now = System.currentTimeMillis();
    for (FileStatus status : files.list(layout.model(manifest.name()))) {
      if (status.getPath().getName().startsWith(prefix(manifest))
          && now - status.getModificationTime() > ABANDONED_MILLIS) {
        files.delete(status.getPath());
      }
    }
  }

  private ModelManifest move(Path staged, ModelManifest manifest) {
    Path folder = layout.version(manifest);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (files.move(staged, folder)) {
        return manifest;
      }
      Optional<ModelManifest> there = manifests.find(manifest.name(), manifest.version());
      if (there.isPresent()) {
        return there.get();
      }
      deleteWithoutManifest(folder, manifest);
    }
    throw new StoreUnavailableException(
        "%s: '%s' is in the way of the version; find out what writes there and push again"
            .formatted(manifest.ref(), folder));
  }

  // Moved aside before it is deleted: it may have become another publisher's version meanwhile.
  private void deleteWithoutManifest(Path folder, ModelManifest manifest) {
    Path aside = beside(manifest);
    if (files.move(folder, aside)) {
      if (files.exists(new Path(aside, StoreLayout.MANIFEST))) {
        files.move(aside, folder);
      } else {
        files.delete(aside);
      }
    }
  }

  @Override
  public void delete(ModelManifest manifest, Runnable unaliased) {
    Path folder = layout.version(manifest);
    Path aside = beside(manifest);
    if (!files.move(folder, aside)) {
      throw new StoreUnavailableException(
          "%s: '%s' cannot be moved; check that its folder can be written"
              .formatted(manifest.ref(), folder));
    }
    try {
      unaliased.run();
    } catch (RuntimeException e) {
      files.move(aside, folder);
      throw e;
    }
    files.delete(aside);
  }
}
