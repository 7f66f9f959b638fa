package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.io.input.BoundedInputStream;
import org.apache.commons.io.input.ProxyInputStream;
import org.apache.commons.io.input.TeeInputStream;

/**
 * The files of one version between this machine and a store, each proved while it passes.
 *
 * <p>Not thread-safe: one object per transfer.
 */
final class VersionTransfer {
  private final StoreBackend backend;
  private final ModelManifest manifest;
  private final TransferListener listener;

  /** Of the files that have passed. */
  private long passedBytes;

  VersionTransfer(StoreBackend backend, ModelManifest manifest, TransferListener listener) {
    this.backend = backend;
    this.manifest = manifest;
    this.listener = listener;
  }

  /** Tells the listener how much of a file is read. */
  private InputStream told(InputStream in) {
    return new ProxyInputStream(in) {
      private long readBytes;

      @Override
      protected void afterRead(int bytes) {
        readBytes += Math.max(0, bytes);
        listener.at(passedBytes + readBytes, manifest.bytes());
      }
    };
  }

  private void passed(ModelFile file) {
    passedBytes += file.size();
    listener.at(passedBytes, manifest.bytes());
  }

  /**
   * Copies every file into the store.
   *
   * @throws InvalidModelException if one cannot be read, or is not what the manifest says any more
   */
  void send(Publication publication, StoreBackend.Upload upload) {
    for (ModelFile file : manifest.files()) {
      SourceFile source = publication.source(file);
      try {
        upload.put(file, () -> told(source.open()));
      } catch (StoreUnavailableException refused) {
        // A store that finds bytes by their digest refuses others, and does not say why.
        source.check();
        throw refused;
      }
      source.checkAsRead();
      passed(file);
    }
  }

  /**
   * Copies every file to this machine, no more of each than its size.
   *
   * @throws InvalidModelException if one is not as the manifest says
   * @throws UnavailableHereException if the target cannot be written
   */
  void fetch(Path target) {
    StoreBackend.Files stored = backend.files(manifest);
    checkNone(manifest.differences(stored.paths()));
    for (ModelFile file : manifest.files()) {
      Path copy = target.resolve(file.path());
      try (OutputStream out = create(copy)) {
        checkNone(pass(stored, file, out));
      } catch (IOException e) {
        throw new UnavailableHereException(
            "'%s': cannot be written (%s); free space or choose another folder".formatted(copy, e),
            e);
      }
    }
  }

  private static OutputStream create(Path file) throws IOException {
    Files.createDirectories(requireNonNull(file.getParent()));
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private void checkNone(List<FileProblem> problems) {
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s (%s) in store %s is not what its manifest says: %s; nothing of it is used, publish the version again under another number"
              .formatted(
                  manifest.ref(),
                  manifest.digest(),
                  backend.uri(),
                  problems.stream().map(FileProblem::toString).collect(joining("; "))));
    }
  }

  /** Reads every file where it is; answers what is not as the manifest says, sorted by path. */
  List<FileProblem> verify() {
    StoreBackend.Files stored = backend.files(manifest);
    List<FileProblem> problems = new ArrayList<>(manifest.differences(stored.paths()));
    Set<String> missing = problems.stream().map(FileProblem::path).collect(toSet());
    for (ModelFile file : manifest.files()) {
      if (!missing.contains(file.path())) {
        try {
          problems.addAll(pass(stored, file, OutputStream.nullOutputStream()));
        } catch (IOException e) {
          throw new UncheckedIOException("nothing is written, and cannot be", e);
        }
      }
    }
    problems.sort(Comparator.comparing(FileProblem::path));
    return List.copyOf(problems);
  }

  /** Reads a file to its end, and no further than its size; answers what is wrong with it. */
  private List<FileProblem> pass(StoreBackend.Files stored, ModelFile file, OutputStream out)
      throws IOException {
    Optional<InputStream> content = stored.open(file);
    if (content.isEmpty()) {
      return List.of(FileProblem.missing(file.path()));
    }
    try (InputStream in = content.get()) {
      InputStream bounded =
          BoundedInputStream.builder().setInputStream(told(in)).setMaxCount(file.size()).get();
      ModelFile there = ModelFile.of(file.path(), new TeeInputStream(bounded, out));
      passedBytes += there.size();
      return in.read(new byte[1], 0, 1) > 0
          ? List.of(FileProblem.grown(file))
          : FileProblem.between(file, there).stream().toList();
    }
  }
}
