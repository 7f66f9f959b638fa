package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.core.fs.Path;

/**
 * The files of published versions: copied to this machine, or read where they are and compared with
 * the manifest.
 *
 * <p>Thread-safe.
 */
final class StoredFiles {
  private static final int BUFFER_BYTES = 1 << 16;

  private final String store;
  private final StoreFiles files;
  private final StoreLayout layout;

  StoredFiles(String store, StoreFiles files, StoreLayout layout) {
    this.store = store;
    this.files = files;
    this.layout = layout;
  }

  /** The folder of a version's files, and what lies in it. */
  private record Folder(Path path, List<String> files) {}

  private Folder folder(ModelManifest manifest) {
    Folder ofDigest = list(layout.filesOfDigest(manifest));
    return ofDigest.files().isEmpty() ? list(layout.files(manifest)) : ofDigest;
  }

  private Folder list(Path folder) {
    files.refuseLink(folder);
    return new Folder(folder, files.tree(folder));
  }

  void download(ModelManifest manifest, java.nio.file.Path target, TransferListener listener) {
    Folder source = folder(manifest);
    List<FileProblem> problems = differences(manifest, source.files());
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s in store %s: %s; publish the version again under another number"
              .formatted(
                  manifest.ref(),
                  store,
                  problems.stream().map(FileProblem::toString).collect(Collectors.joining("; "))));
    }
    Transfer transfer = new Transfer(manifest, listener);
    for (ModelFile file : manifest.files()) {
      copy(
          manifest,
          file,
          new Path(source.path(), file.path()),
          target.resolve(file.path()),
          transfer);
    }
  }

  /** Files that are missing, and those that are too many. */
  static List<FileProblem> differences(ModelManifest manifest, List<String> there) {
    Set<String> extra = new HashSet<>(there);
    List<FileProblem> problems = new ArrayList<>();
    for (ModelFile file : manifest.files()) {
      if (!extra.remove(file.path())) {
        problems.add(FileProblem.missing(file.path()));
      }
    }
    extra.stream().sorted().forEach(path -> problems.add(FileProblem.extra(path)));
    return problems;
  }

  private void copy(
      ModelManifest manifest, ModelFile file, Path from, java.nio.file.Path to, Transfer transfer) {
    try (InputStream in = files.openListed(from);
        OutputStream out = create(to)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      long copied = 0;
      for (int read = read(in, buffer, from); read >= 0; read = read(in, buffer, from)) {
        copied += read;
        if (copied > file.size()) {
          throw new InvalidModelException(
              "%s in store %s: file '%s': more than %d bytes (expected: %d); publish the version again under another number"
                  .formatted(manifest.ref(), store, file.path(), file.size(), file.size()));
        }
        out.write(buffer, 0, read);
        transfer.add(read);
      }
    } catch (IOException e) {
      throw new UnavailableHereException(
          "'%s': cannot be written (%s); free space or choose another folder".formatted(to, e), e);
    }
  }

  private int read(InputStream in, byte[] buffer, Path from) {
    return files.guarded("read", from, () -> in.read(buffer));
  }

  private static OutputStream create(java.nio.file.Path file) throws IOException {
    java.nio.file.Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    Folder source = folder(manifest);
    List<FileProblem> problems = differences(manifest, source.files());
    Set<String> there = new HashSet<>(source.files());
    Transfer transfer = new Transfer(manifest, listener);
    for (ModelFile file : manifest.files()) {
      if (there.contains(file.path())) {
        prove(file, new Path(source.path(), file.path()), transfer, problems);
      }
    }
    problems.sort(Comparator.comparing(FileProblem::path));
    return List.copyOf(problems);
  }

  private void prove(ModelFile expected, Path path, Transfer transfer, List<FileProblem> problems) {
    MessageDigest digest = ManifestDigest.sha256();
    long size = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = files.openListed(path)) {
      for (int read = read(in, buffer, path); read >= 0; read = read(in, buffer, path)) {
        digest.update(buffer, 0, read);
        size += read;
        transfer.add(read);
      }
    } catch (IOException e) {
      throw files.unavailable("read", path, e);
    }
    String sha256 = HexFormat.of().formatHex(digest.digest());
    if (size != expected.size()) {
      problems.add(FileProblem.size(expected, size));
    } else if (!sha256.equals(expected.sha256())) {
      problems.add(FileProblem.changed(expected, sha256));
    }
  }
}
