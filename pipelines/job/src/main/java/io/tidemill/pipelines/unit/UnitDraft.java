package io.tidemill.pipelines.unit;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.importing.archive.ModelExport;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TemporaryFolder;
import io.tidemill.model.store.signing.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.io.FileUtils;

/**
 * A job that is to become a unit.
 *
 * @param name what the unit is called
 * @param texts the files of the job by their paths, which hold no secrets
 * @param models the version of each step, in their order
 * @param from the store that has them
 */
public record UnitDraft(
    String name,
    SemanticVersion version,
    Map<String, String> texts,
    Map<String, ModelVersion> models,
    ModelStore from) {
  public UnitDraft {
    requireNonNull(name, "name");
    requireNonNull(version, "version");
    texts = Map.copyOf(texts);
    models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    requireNonNull(from, "from");
  }

  /**
   * Writes it. The same job and versions give the same bytes, whoever packs them, where and when;
   * but a signature of the same key is another one each time.
   *
   * @param key signs it, if there is one
   * @return its lock
   * @throws io.tidemill.model.ModelException if a version cannot be had, or has another digest
   * @throws IOException if it cannot be written
   */
  public ModelManifest write(Path target, Optional<SigningKey> key) throws IOException {
    try (TemporaryFolder temporary = TemporaryFolder.make("tidemill-package-")) {
      Path folder = Files.createDirectory(temporary.path().resolve("unit"));
      UnitContent content = new UnitContent(folder);
      for (Map.Entry<String, String> text : texts.entrySet()) {
        Path file = content.job().resolve(text.getKey());
        FileUtils.createParentDirectories(file.toFile());
        Files.writeString(file, text.getValue());
      }
      ModelStore own = content.store();
      for (ModelVersion model : new LinkedHashSet<>(models.values())) {
        UnitContent.copy(model, from, own);
      }
      // Of no time, as the same job is the same unit.
      ModelManifest lock =
          ModelManifest.measured(
              new ModelDraft(
                  name, version, UnitContent.ENGINE, signature(own), UnitContent.labels(models)),
              folder,
              Instant.EPOCH);
      List<DetachedSignature> signatures = key.map(one -> one.sign(lock)).stream().toList();
      new ModelExport(lock, folder, signatures).writeSealed(target);
      return lock;
    }
  }

  /** What the first model takes, and what the last one answers. */
  private Signature signature(ModelStore own) {
    List<ModelVersion> steps = List.copyOf(models.values());
    ModelVersion first = steps.get(0);
    ModelVersion last = steps.get(steps.size() - 1);
    return new Signature(
        own.manifest(first.name(), first.version()).signature().inputs(),
        own.manifest(last.name(), last.version()).signature().outputs());
  }
}
