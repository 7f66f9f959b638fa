package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.Glob;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.core.fs.Path;

/**
 * A folder as its file system names it, through links where they can be seen, so that two ways to
 * write one folder are one. Immutable.
 *
 * @param place ends with a slash
 */
public record Folder(URI place) {

  /**
   * That of a path, which may have stars; as it is written where its file system cannot be had, as
   * whoever lists it says.
   */
  public static Folder of(String path) {
    Path located = new Path(path);
    try {
      located = located.makeQualified(located.getFileSystem());
      located = isLocal(located.toUri()) ? throughLinks(located) : located;
    } catch (IOException | IllegalArgumentException unknown) {
      // Then it is taken as it is written.
    }
    return new Folder(URI.create(located.toUri().toString().replaceFirst("/*$", "") + "/"));
  }

  /** Whether one of them is the other, or in it, or may be where they have stars. */
  public boolean overlaps(Folder other) {
    if (!Objects.equals(place.getScheme(), other.place.getScheme())
        || !Objects.equals(place.getAuthority(), other.place.getAuthority())) {
      return false;
    }
    String[] own = place.getPath().split("/");
    String[] there = other.place.getPath().split("/");
    for (int i = 0; i < Math.min(own.length, there.length); i++) {
      if (Glob.isOfAny(own[i]) || Glob.isOfAny(there[i])) {
        return true;
      }
      if (!Glob.ofName(own[i], there[i]) && !Glob.ofName(there[i], own[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether a folder moves between the two in one step, where their file system moves any so. */
  public boolean movesBeside(Folder other) {
    return Objects.equals(place.getScheme(), other.place.getScheme())
        && Objects.equals(place.getAuthority(), other.place.getAuthority())
        && (!isLocal(place) || sameVolume(place, other.place));
  }

  /** The first of its folders that Flink takes for a partition, as in {@code dt=2026-11-20}. */
  public Optional<String> partition() {
    return Stream.of(place.getPath().split("/")).filter(name -> name.matches(".+=.+")).findFirst();
  }

  /** A link to a folder that is in this one, however deep, where links can be seen. */
  Optional<java.nio.file.Path> linkToFolder() {
    java.nio.file.Path own = isLocal(place) ? java.nio.file.Path.of(place.getPath()) : null;
    if (own == null || !Files.isDirectory(own)) {
      return Optional.empty();
    }
    try (Stream<java.nio.file.Path> all = Files.walk(own)) {
      return all.filter(path -> Files.isSymbolicLink(path) && Files.isDirectory(path)).findFirst();
    } catch (IOException | UncheckedIOException unreadable) {
      // Whoever lists it says so.
      return Optional.empty();
    }
  }

  private static boolean isLocal(URI place) {
    return "file".equals(place.getScheme());
  }

  /** What is not there yet is where the nearest folder that is there leads to. */
  private static Path throughLinks(Path local) throws IOException {
    java.nio.file.Path wanted = java.nio.file.Path.of(local.getPath()).normalize();
    java.nio.file.Path there = nearest(wanted);
    return new Path(there.toRealPath().resolve(there.relativize(wanted)).toUri());
  }

  private static java.nio.file.Path nearest(java.nio.file.Path wanted) {
    java.nio.file.Path there = wanted;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    return there;
  }

  private static boolean sameVolume(URI one, URI other) {
    try {
      return Files.getFileStore(nearest(java.nio.file.Path.of(one.getPath())))
          .equals(Files.getFileStore(nearest(java.nio.file.Path.of(other.getPath()))));
    } catch (IOException unknown) {
      return true;
    }
  }
}
