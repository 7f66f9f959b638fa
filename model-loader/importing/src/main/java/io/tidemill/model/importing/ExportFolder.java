package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
        manifest,
        signatures(path.resolve("signatures")));
  }

  private static void prove(ModelManifest manifest, Path files) throws IOException {
    String damage = manifest.damage(files);
    if (!damage.isEmpty()) {
      throw new InvalidModelException(
          "%s: not what its manifest says: %s; export it once more"
              .formatted(manifest.ref(), damage));
    }
  }

  private static List<DetachedSignature> signatures(Path folder) throws IOException {
    List<DetachedSignature> signatures = new ArrayList<>();
    for (Path file : new Listing(folder).children()) {
      String name = FoundModel.nameOf(file);
      if (name.endsWith(BUNDLE)) {
        String key = name.substring(0, name.length() - BUNDLE.length());
        signatures.add(new DetachedSignature(key, Files.readString(file)));
      }
    }
    return signatures;
  }
}
