package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A version before it is published: its manifest, and where on this machine its files are.
 *
 * @param sources by the path that the manifest gives them
 */
record Publication(ModelManifest manifest, Map<String, Path> sources) {
  Publication {
    requireNonNull(manifest, "manifest");
    sources = Map.copyOf(sources);
  }

  /**
   * Measures the files of a version that is published now. Blocks while they are read.
   *
   * @param fileOrDirectory one file, or everything under a folder
   * @throws InvalidModelException if a file is a link, cannot be read, has a path or a format that
   *     is refused, or there is none
   */
  static Publication of(ModelDraft draft, Path fileOrDirectory) {
    return of(draft, fileOrDirectory, Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS));
  }

  /** The same, of one that was published then. */
  static Publication of(ModelDraft draft, Path fileOrDirectory, Instant created) {
    try {
      Map<String, Path> sources = new ModelFolder(fileOrDirectory).files();
      List<ModelFile> measured = new ArrayList<>();
      for (Map.Entry<String, Path> source : sources.entrySet()) {
        RefusedFormat.check(source.getKey(), source.getValue());
        try (InputStream in = Files.newInputStream(source.getValue(), LinkOption.NOFOLLOW_LINKS)) {
          measured.add(ModelFile.of(source.getKey(), in));
        }
      }
      return new Publication(ModelManifest.of(draft, created, measured), sources);
    } catch (IOException e) {
      throw unreadable(fileOrDirectory, e);
    }
  }

  SourceFile source(ModelFile file) {
    return new SourceFile(requireNonNull(sources.get(file.path()), file.path()), file);
  }

  static InvalidModelException unreadable(Path path, IOException cause) {
    return new InvalidModelException(
        "model files '%s' (expected: a file or folder that can be read); %s".formatted(path, cause),
        cause);
  }
}
