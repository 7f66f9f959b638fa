package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.Publication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What {@code tidemill model export} writes, unpacked; a version's folder of a store too. */
final class ExportFolder implements ModelFormat {
  private static final String MANIFEST = "model.yaml";
  private static final String FILES = "files";
  private static final String BUNDLE = ".sigstore.json";
  private static final long MOST_MANIFEST_BYTES = 16L << 20;

  @Override
  public String sought() {
    return "an export of Tidemill (model.yaml and files/)";
  }

  @Override
  public boolean matches(Path path) {
    return Files.isRegularFile(path.resolve(MANIFEST)) && Files.isDirectory(path.resolve(FILES));
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    Path yaml = path.resolve(MANIFEST);
    ModelManifest manifest =
        ModelManifest.parse(yaml.toString(), new Listing(yaml).text(MOST_MANIFEST_BYTES));
    prove(manifest, path.resolve(FILES));
    return new DetectedModel(
        "export of Tidemill",
        path.resolve(FILES),
        manifest.engine(),
        manifest.signature(),
        manifest.name(),
        manifest.version(),
        manifest.labels(),
        manifest.digest(),
        signatures(path.resolve("signatures")));
  }

  private static void prove(ModelManifest manifest, Path files) {
    ModelManifest there =
        Publication.of(
                new ModelDraft(
                    manifest.name(),
                    manifest.version(),
                    manifest.engine(),
                    manifest.signature(),
                    manifest.labels()),
                files)
            .manifest();
    if (there.digest().equals(manifest.digest())) {
      return;
    }
    Set<ModelFile> different = new HashSet<>(manifest.files());
    there.files().forEach(file -> toggle(different, file));
    throw new InvalidModelException(
        "%s: digest %s (expected: %s); missing, changed or too many: %s; export it once more"
            .formatted(
                manifest.ref(),
                there.digest(),
                manifest.digest(),
                different.stream().map(ModelFile::path).distinct().sorted().toList()));
  }

  private static void toggle(Set<ModelFile> files, ModelFile file) {
    if (!files.remove(file)) {
      files.add(file);
    }
  }

  private static List<DetachedSignature> signatures(Path folder) throws IOException {
    List<DetachedSignature> signatures = new ArrayList<>();
    for (Path file : new Listing(folder).children()) {
      String name = Listing.name(file);
      if (name.endsWith(BUNDLE)) {
        String key = name.substring(0, name.length() - BUNDLE.length());
        signatures.add(new DetachedSignature(key, Files.readString(file)));
      }
    }
    return signatures;
  }
}
