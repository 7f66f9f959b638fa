package io.tidemill.pipelines.unit;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.importing.ImportOptions;
import io.tidemill.model.importing.ModelImport;
import io.tidemill.model.importing.archive.ArchiveSeal;
import io.tidemill.model.importing.archive.ModelArchive;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.SignatureVerifier;
import io.tidemill.model.store.signing.VerificationKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * A unit, unpacked into a temporary folder until it is closed. Each of its bytes is as it was
 * written, and its files are those of its lock.
 *
 * <p>For use by one thread.
 */
public final class PackedUnit implements AutoCloseable {
  private final Path file;
  private final ModelImport unpacked;
  private final ModelManifest lock;

  private PackedUnit(Path file, ModelImport unpacked, ModelManifest lock) {
    this.file = file;
    this.unpacked = unpacked;
    this.lock = lock;
  }

  /** Whether a file is an archive, and so no job in YAML. */
  public static boolean isPacked(Path file) {
    try {
      return ModelArchive.of(file.toRealPath()).isPresent();
    } catch (IOException unreadable) {
      // Whoever reads it as YAML says so.
      return false;
    }
  }

  /**
   * Where a store of models has units: as versions of another store within it, so that a unit and a
   * model may have the same name.
   *
   * @throws IllegalArgumentException if the URI of the models' store is none
   */
  public static ModelStore storeIn(String models) {
    return ModelStore.open(models.isBlank() ? models : models.replaceAll("/+$", "") + "/units");
  }

  /**
   * Opens one. Blocks while it is unpacked and proved.
   *
   * @throws InvalidModelException naming the entry that is not as it was packed; or if the file is
   *     no unit
   */
  public static PackedUnit open(Path file) {
    try {
      // A link such as current.tar is for whoever calls; the job runs beside it.
      return open(file, file.toRealPath());
    } catch (NoSuchFileException none) {
      throw new InvalidModelException(
          "'%s': no such file (expected: a unit, as 'tidemill package' writes it)".formatted(file));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(file.toString(), unreadable);
    }
  }

  private static PackedUnit open(Path file, Path real) throws IOException {
    ModelImport unpacked = ModelImport.open(real, ImportOptions.NONE);
    try {
      ModelManifest lock = unpacked.model().origin();
      if (lock == null || !lock.engine().equals(UnitContent.ENGINE)) {
        throw new InvalidModelException(
            "'%s': %s (expected: a unit, as 'tidemill package' writes it)"
                .formatted(file, unpacked.model().format()));
      }
      ArchiveSeal.check(real);
      PackedUnit unit = new PackedUnit(file, unpacked, lock);
      unit.checkWhole();
      return unit;
    } catch (IOException | RuntimeException refused) {
      unpacked.close();
      throw refused;
    }
  }

  /** Its lock is what it says, so what lacks was left out by whoever packed it. */
  private void checkWhole() throws IOException {
    if (!Files.isRegularFile(yaml()) || Files.size(yaml()) > PackedJob.MOST_BYTES) {
      throw new InvalidModelException(
          "'%s': job/%s missing or too large (expected: a unit, as 'tidemill package' writes it)"
              .formatted(file, PackedJob.YAML));
    }
    UnitContent.models(lock);
  }

  private UnitContent content() {
    return new UnitContent(unpacked.model().files());
  }

  private Path yaml() {
    return content().job().resolve(PackedJob.YAML);
  }

  /** Every file of it with its digest, and one digest over them all. */
  public ModelManifest lock() {
    return lock;
  }

  /**
   * The versions that a lock has, each once.
   *
   * @throws InvalidModelException if it is the lock of no unit
   */
  public static List<ModelVersion> models(ModelManifest lock) {
    return UnitContent.models(lock).values().stream().distinct().toList();
  }

  public List<DetachedSignature> signatures() {
    return unpacked.model().signatures();
  }

  /**
   * Checks that one of the keys signed it.
   *
   * @throws InvalidModelException if none did
   */
  public VerificationKey checkSigned(List<VerificationKey> keys) {
    return new SignatureVerifier(keys).verify(lock, signatures());
  }

  /** The job in it, until it is closed. */
  public PackedJob job() {
    return new PackedJob(file, yaml(), content().store().uri(), UnitContent.models(lock));
  }

  /**
   * Puts it into a store of units, with its signatures of keys of which none is there.
   *
   * @throws StoreRefusedException if another one is there by its name and number
   */
  public ModelManifest importInto(ModelStore units) {
    ModelManifest there =
        units.push(
            new ModelDraft(
                lock.name(), lock.version(), lock.engine(), lock.signature(), lock.labels(), lock),
            unpacked.model().files());
    // Of the same files, too, as what the steps are pinned to is in labels.
    if (!there.digest().equals(lock.digest())) {
      throw new StoreRefusedException(
          "%s: in store %s already, with digest %s (imported: %s); a unit never changes, so package it with another version, by --as"
              .formatted(lock.ref(), units.uri(), there.digest(), lock.digest()));
    }
    units.addLackingSignatures(lock.name(), lock.version(), signatures());
    return there;
  }

  @Override
  public void close() {
    unpacked.close();
  }
}
