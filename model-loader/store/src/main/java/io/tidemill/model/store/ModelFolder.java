package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A model's files on this machine: listed for a push, proved before a load.
 *
 * @param path the folder that they are in, or the only file
 */
record ModelFolder(Path path) {
  /**
   * Every regular file, by the path that a manifest gives it.
   *
   * @throws InvalidModelException if anything there is a link or another special file
   */
  SortedMap<String, Path> files() throws IOException {
    SortedMap<String, Path> files = new TreeMap<>();
    if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      files.put(String.valueOf(path.getFileName()), path);
      return files;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!attributes.isRegularFile()) {
              throw new InvalidModelException(
                  "'%s': %s (expected: a regular file); copy what it points to into the folder"
                      .formatted(
                          file,
                          attributes.isSymbolicLink() ? "a symbolic link" : "a special file"));
            }
            files.put(portable(path.relativize(file)), file);
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  private static String portable(Path relative) {
    List<String> names = new ArrayList<>();
    relative.forEach(name -> names.add(name.toString()));
    return String.join("/", names);
  }

  /** What keeps the folder from holding a version's files and nothing else; empty if it does. */
  String damage(ModelManifest manifest) throws IOException {
    Map<String, Path> there;
    try {
      there = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? files() : Map.of();
    } catch (InvalidModelException e) {
      return String.valueOf(e.getMessage());
    }
    List<FileProblem> problems = new ArrayList<>(manifest.differences(there.keySet()));
    for (ModelFile file : manifest.files()) {
      Path copy = there.get(file.path());
      if (copy != null) {
        try (InputStream in = Files.newInputStream(copy, LinkOption.NOFOLLOW_LINKS)) {
          FileProblem.between(file, ModelFile.of(file.path(), in)).ifPresent(problems::add);
        }
      }
    }
    return problems.stream().map(FileProblem::toString).collect(Collectors.joining("; "));
  }
}
