package io.tidemill.model.store;

import io.tidemill.model.StoreUnavailableException;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.Path;

/**
 * Versions of a store on file systems that move no folder in one step, such as object stores.
 *
 * <p>Files are written into a folder that is named after the digest, so that publishers of other
 * content never write the same file. Whoever then holds the version's {@link VersionClaim} and
 * finds no manifest writes one, and reads it back.
 *
 * <p>Thread-safe, and safe beside other processes.
 */
final class ClaimedVersions implements VersionWriter {
  private final StoreFiles files;
  private final StoreLayout layout;
  private final StoredManifests manifests;

  ClaimedVersions(StoreFiles files, StoreLayout layout) {
    this.files = files;
    this.layout = layout;
    this.manifests = new StoredManifests(files, layout);
  }

  @Override
  public ModelManifest publish(Publication publication, TransferListener listener) {
    ModelManifest manifest = publication.manifest();
    Path folder = layout.filesOfDigest(manifest);
    VersionWriter.upload(files, publication, folder, listener);
    ModelManifest published =
        new VersionClaim(files, layout.version(manifest)).hold(() -> commit(manifest, folder));
    if (!published.digest().equals(manifest.digest())) {
      files.delete(folder);
    }
    return published;
  }

  private ModelManifest commit(ModelManifest manifest, Path folder) {
    Optional<ModelManifest> there = manifests.find(manifest.name(), manifest.version());
    if (there.isPresent()) {
      return there.get();
    }
    List<FileProblem> problems = StoredFiles.differences(manifest, files.tree(folder));
    if (!problems.isEmpty()) {
      throw new StoreUnavailableException(
          "%s: %s in '%s', which someone changed during the push; push again"
              .formatted(manifest.ref(), problems, folder));
    }
    files.write(layout.manifest(manifest.name(), manifest.version()), ManifestYaml.write(manifest));
    return manifests
        .find(manifest.name(), manifest.version())
        .orElseThrow(
            () ->
                new StoreUnavailableException(
                    "%s: its manifest is gone after it was written; push again"
                        .formatted(manifest.ref())));
  }

  @Override
  public void delete(ModelManifest manifest, Runnable unaliased) {
    Path file = layout.manifest(manifest.name(), manifest.version());
    new VersionClaim(files, layout.version(manifest))
        .hold(
            () -> {
              files.delete(file);
              try {
                unaliased.run();
              } catch (RuntimeException e) {
                files.write(file, ManifestYaml.write(manifest));
                throw e;
              }
              files.delete(layout.filesOfDigest(manifest));
              files.delete(layout.files(manifest));
              files.delete(layout.signatures(manifest.name(), manifest.version()));
              return manifest;
            });
  }
}
