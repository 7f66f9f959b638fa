package io.tidemill.model.store.oci;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ManifestYaml;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.Publication;
import io.tidemill.model.store.Transfer;
import io.tidemill.model.store.TransferListener;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files of versions in a registry: each is a layer, found by its own SHA-256.
 *
 * <p>Thread-safe.
 */
final class OciFiles {
  private static final int BUFFER_BYTES = 1 << 16;

  private final String store;
  private final OciRegistry registry;
  private final OciTags tags;

  OciFiles(String store, OciRegistry registry, OciTags tags) {
    this.store = store;
    this.registry = registry;
    this.tags = tags;
  }

  private static String digest(ModelFile file) {
    return "sha256:" + file.sha256();
  }

  void upload(Publication publication, TransferListener listener) {
    ModelManifest manifest = publication.manifest();
    Transfer transfer = new Transfer(manifest, listener);
    for (ModelFile file : manifest.files()) {
      Path source = Objects.requireNonNull(publication.sources().get(file.path()));
      try {
        registry.putBlob(manifest.name(), digest(file), file.size(), () -> open(source));
      } catch (StoreUnavailableException e) {
        throw intact(source, file)
            ? e
            : new InvalidModelException(
                "model file '%s' (expected: as it was when the push began); push again"
                    .formatted(source),
                e);
      }
      transfer.add(file.size());
    }
  }

  /** Whether a file is still the one that was hashed: a registry only says that it refuses. */
  private static boolean intact(Path source, ModelFile file) {
    MessageDigest hash = Sha256.begin();
    try (InputStream in = new DigestInputStream(open(source), hash)) {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
    return Sha256.end(hash).equals(digest(file));
  }

  private static InputStream open(Path source) {
    try {
      return Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the version's tag mean files that are all there. */
  void tag(ModelManifest manifest) {
    String yaml = ManifestYaml.write(manifest);
    Map<String, String> layers = new LinkedHashMap<>();
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (ModelFile file : manifest.files()) {
      layers.put(file.path(), digest(file));
      bytes.put(file.path(), file.size());
    }
    tags.put(
        manifest.name(),
        manifest.version().toString(),
        new OciManifest(OciManifest.MODEL, Sha256.of(yaml), layers),
        yaml,
        bytes);
  }

  void download(ModelManifest manifest, Path target, TransferListener listener) {
    List<FileProblem> problems = differences(manifest);
    if (!problems.isEmpty()) {
      throw damaged(manifest, problems);
    }
    Transfer transfer = new Transfer(manifest, listener);
    for (ModelFile file : manifest.files()) {
      FileProblem problem = read(manifest, file, target.resolve(file.path()), transfer);
      if (problem != null) {
        throw damaged(manifest, List.of(problem));
      }
    }
  }

  private InvalidModelException damaged(ModelManifest manifest, List<FileProblem> problems) {
    return new InvalidModelException(
        "%s in store %s: %s; publish the version again under another number"
            .formatted(
                manifest.ref(),
                store,
                problems.stream().map(FileProblem::toString).collect(Collectors.joining("; "))));
  }

  List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    List<FileProblem> problems = differences(manifest);
    Transfer transfer = new Transfer(manifest, listener);
    for (ModelFile file : manifest.files()) {
      FileProblem problem = read(manifest, file, null, transfer);
      if (problem != null && problems.stream().noneMatch(it -> it.path().equals(file.path()))) {
        problems.add(problem);
      }
    }
    problems.sort(Comparator.comparing(FileProblem::path));
    return List.copyOf(problems);
  }

  /** Files that the registry's manifest does not list, or lists too many. */
  private List<FileProblem> differences(ModelManifest manifest) {
    Set<String> listed =
        new HashSet<>(
            tags.find(manifest.name(), manifest.version().toString())
                .map(found -> found.layers().keySet())
                .orElse(Set.of()));
    List<FileProblem> problems = new ArrayList<>();
    for (ModelFile file : manifest.files()) {
      if (!listed.remove(file.path())) {
        problems.add(FileProblem.missing(file.path()));
      }
    }
    listed.forEach(path -> problems.add(FileProblem.extra(path)));
    return problems;
  }

  /** Reads a file to its end, and no further than its size; null if it is as the manifest says. */
  private @Nullable FileProblem read(
      ModelManifest manifest, ModelFile file, @Nullable Path target, Transfer transfer) {
    Optional<InputStream> blob = registry.blob(manifest.name(), digest(file));
    if (blob.isEmpty()) {
      return FileProblem.missing(file.path());
    }
    MessageDigest hash = Sha256.begin();
    long size = 0;
    try (InputStream in = new Remote(blob.get());
        OutputStream out = target == null ? OutputStream.nullOutputStream() : create(target)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = in.read(buffer); read >= 0 && size <= file.size(); read = in.read(buffer)) {
        hash.update(buffer, 0, read);
        out.write(buffer, 0, read);
        size += read;
        transfer.add(read);
      }
    } catch (RemoteFailure e) {
      throw new StoreUnavailableException(
          "%s in store %s: file '%s': cannot be read (%s)"
              .formatted(manifest.ref(), store, file.path(), e.getMessage()),
          e);
    } catch (IOException e) {
      throw new UnavailableHereException(
          "'%s': cannot be written (%s); free space or choose another folder".formatted(target, e),
          e);
    }
    if (size != file.size()) {
      return FileProblem.size(file, size);
    }
    String sha256 = Sha256.end(hash).substring("sha256:".length());
    return sha256.equals(file.sha256()) ? null : FileProblem.changed(file, sha256);
  }

  private static OutputStream create(Path file) throws IOException {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    return Files.newOutputStream(file, java.nio.file.StandardOpenOption.CREATE_NEW);
  }

  private static final class RemoteFailure extends IOException {
    private static final long serialVersionUID = 1;

    RemoteFailure(IOException cause) {
      super(cause.toString(), cause);
    }
  }

  /** Tells the registry's failures from the disk's. */
  private static final class Remote extends FilterInputStream {
    Remote(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return in.read(buffer, offset, length);
      } catch (IOException e) {
        throw new RemoteFailure(e);
      }
    }
  }
}
