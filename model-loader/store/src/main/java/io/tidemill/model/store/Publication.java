package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A version before it is published: its manifest, and where on this machine its files are.
 *
 * @param sources by the path that the manifest gives them
 */
public record Publication(ModelManifest manifest, SortedMap<String, Path> sources) {
  public Publication {
    requireNonNull(manifest, "manifest");
    sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
  }

  /**
   * Measures the files. Blocks while they are read.
   *
   * @param fileOrDirectory one file, or everything under a folder
   * @throws InvalidModelException if a file is a link, cannot be read, has a path or a format that
   *     is refused, or there is none
   */
  public static Publication of(ModelDraft draft, Path fileOrDirectory) {
    Map<String, Path> sources;
    List<ModelFile> measured = new ArrayList<>();
    try {
      sources = ModelFiles.list(fileOrDirectory);
      for (Map.Entry<String, Path> source : sources.entrySet()) {
        RefusedFormat.check(source.getKey(), source.getValue());
        measured.add(ModelFiles.measure(source.getKey(), source.getValue()));
      }
    } catch (IOException e) {
      throw unreadable(fileOrDirectory, e);
    }
    return new Publication(
        ModelManifest.of(
            draft, Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS), measured),
        new TreeMap<>(sources));
  }

  static InvalidModelException unreadable(Path path, IOException cause) {
    return new InvalidModelException(
        "model files '%s' (expected: a file or folder that can be read); %s".formatted(path, cause),
        cause);
  }
}
