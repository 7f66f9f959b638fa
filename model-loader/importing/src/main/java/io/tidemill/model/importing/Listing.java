package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.engine.FileKind;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.store.RefusedFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A file or folder that someone has: what is in it, and how it begins. */
record Listing(Path path) {
  private static final int SHOWN = 10;
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  String name() {
    return FoundModel.nameOf(path);
  }

  /** Files and folders in a folder, sorted and without clutter; none if it is a file. */
  List<Path> children() throws IOException {
    return all().stream().filter(child -> !FileKind.isClutter(child)).toList();
  }

  /** The same with clutter. */
  List<Path> all() throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(path)) {
      return children.sorted().toList();
    }
  }

  /** Folders that are named by a number, by that number; {@code 0007} is 7. */
  SortedMap<Long, Path> numbered() throws IOException {
    SortedMap<Long, Path> numbered = new TreeMap<>();
    for (Path child : children()) {
      if (Files.isDirectory(child) && NUMBER.matcher(FoundModel.nameOf(child)).matches()) {
        Path other = numbered.put(Long.valueOf(FoundModel.nameOf(child)), child);
        if (other != null) {
          throw new InvalidModelException(
              "%s: folders %s and %s are the same number (expected: one of them)"
                  .formatted(path, FoundModel.nameOf(other), FoundModel.nameOf(child)));
        }
      }
    }
    return numbered;
  }

  /** The names in a folder, or the name and first bytes of a file, for a message. */
  String described() throws IOException {
    if (Files.isRegularFile(path)) {
      if (Files.size(path) == 0) {
        return "a file named '%s' that is empty".formatted(name());
      }
      StringBuilder bytes = new StringBuilder();
      for (byte value : start(8)) {
        bytes.append(" %02x".formatted(value));
      }
      return "a file named '%s' that begins with%s".formatted(name(), bytes);
    }
    List<Path> children = children();
    if (children.isEmpty()) {
      return "an empty folder";
    }
    return children.stream()
        .limit(SHOWN)
        .map(child -> FoundModel.nameOf(child) + (Files.isDirectory(child) ? "/" : ""))
        .collect(
            Collectors.joining(
                ", ",
                "a folder with ",
                children.size() > SHOWN ? " and " + (children.size() - SHOWN) + " more" : ""));
  }

  /**
   * A file in this folder, by its path from here.
   *
   * @throws IllegalArgumentException if it is none, or a link leads elsewhere
   */
  Path file(String relative) throws IOException {
    Path file = path.resolve(relative);
    if (!Files.isRegularFile(file) || !file.toRealPath().startsWith(path.toRealPath())) {
      throw new IllegalArgumentException(
          "'%s' (expected: a file in '%s')".formatted(relative, name()));
    }
    return file;
  }

  byte[] start(int bytes) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(bytes);
    }
  }

  /** The first bytes as characters, one each. */
  String startText(int bytes) throws IOException {
    return new String(start(bytes), StandardCharsets.ISO_8859_1);
  }

  /** The text of a small file, without the mark that some editors begin it with. */
  String text(long mostBytes) throws IOException {
    long bytes = Files.size(path);
    if (bytes > mostBytes) {
      throw new InvalidModelException(
          "%s: %d bytes (expected: at most %d)".formatted(path, bytes, mostBytes));
    }
    return Files.readString(path).replaceFirst("^\uFEFF", "");
  }

  /**
   * Refuses it, or the files in it, before anything is made of them, where they run code.
   *
   * @throws InvalidModelException with the way out
   */
  void refuseCode() throws IOException {
    for (Path file : Files.isDirectory(path) ? children() : List.of(path)) {
      if (Files.isRegularFile(file)) {
        RefusedFormat.check(FoundModel.nameOf(file), file);
      }
    }
  }
}
