package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import java.util.Optional;
import org.apache.flink.core.fs.Path;

/** The manifests in a store of folders. */
record StoredManifests(StoreFiles files, StoreLayout layout) {
  Optional<ModelManifest> find(String name, SemanticVersion version) {
    Path file = layout.manifest(name, version);
    files.refuseLink(file);
    Optional<ModelManifest> found = read(file);
    found.ifPresent(
        manifest -> {
          if (!manifest.name().equals(name) || !manifest.version().equals(version)) {
            throw new InvalidModelException(
                "%s: the manifest of %s (expected: of %s:%s); publish the version again under another number"
                    .formatted(file, manifest.ref(), name, version));
          }
        });
    return found;
  }

  private Optional<ModelManifest> read(Path file) {
    try {
      return files.read(file).map(text -> ManifestYaml.read(file.toString(), text));
    } catch (InvalidModelException damaged) {
      throw new InvalidModelException(
          "%s%nwhere it is damaged: put back the %s that was published, as an export or a copy of the store has it; or delete %s, and publish the version again"
              .formatted(damaged.getMessage(), file.getName(), file.getParent()),
          damaged);
    }
  }
}
