package io.tidemill.model.importing;

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

/** What is in folders and at the beginning of files. */
final class Listing {
  private static final int SHOWN = 10;
  private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,8}");

  private Listing() {}

  static String name(Path path) {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }

  /** Files and folders in a folder, sorted; none if it is a file. */
  static List<Path> children(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.sorted().toList();
    }
  }

  /** Folders that are named by a number, by that number. */
  static SortedMap<Integer, Path> numbered(Path folder) throws IOException {
    SortedMap<Integer, Path> numbered = new TreeMap<>();
    for (Path child : children(folder)) {
      if (Files.isDirectory(child) && NUMBER.matcher(name(child)).matches()) {
        numbered.put(Integer.valueOf(name(child)), child);
      }
    }
    return numbered;
  }

  /** The names in a folder, or the name and first bytes of a file, for a message. */
  static String described(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      StringBuilder bytes = new StringBuilder();
      for (byte value : start(path, 8)) {
        bytes.append(" %02x".formatted(value));
      }
      return "a file named '%s' that begins with%s".formatted(name(path), bytes);
    }
    List<Path> children = children(path);
    if (children.isEmpty()) {
      return "an empty folder";
    }
    return children.stream()
        .limit(SHOWN)
        .map(child -> name(child) + (Files.isDirectory(child) ? "/" : ""))
        .collect(
            Collectors.joining(
                ", ",
                "a folder with ",
                children.size() > SHOWN ? " and " + (children.size() - SHOWN) + " more" : ""));
  }

  static byte[] start(Path file, int bytes) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(bytes);
    }
  }

  /** The first bytes as characters, one each. */
  static String startText(Path file, int bytes) throws IOException {
    return new String(start(file, bytes), StandardCharsets.ISO_8859_1);
  }
}
