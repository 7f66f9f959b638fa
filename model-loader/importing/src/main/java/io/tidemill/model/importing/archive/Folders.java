package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What is done to whole folders. */
final class Folders {
  private Folders() {}

  /** Deletes a folder with everything in it; follows no link. */
  static void delete(Path folder) throws IOException {
    List<Path> paths;
    try (Stream<Path> content = Files.walk(folder)) {
      paths = content.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
