package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.Location;
import java.util.Map;

/**
 * Where each part of a definition stands in its file, by path: {@code sink.topic}, {@code
 * steps.score.input.features[2]}.
 *
 * <p>Immutable and thread-safe.
 */
public final class Locations {
  private final String file;
  private final Map<String, Location> byPath;

  Locations(String file, Map<String, Location> byPath) {
    this.file = file;
    this.byPath = Map.copyOf(byPath);
  }

  /** The place of a part; for one that is not written in the file, of the nearest that holds it. */
  public Location of(String path) {
    String part = path;
    while (!part.isEmpty()) {
      Location location = byPath.get(part);
      if (location != null) {
        return location;
      }
      int end = Math.max(part.lastIndexOf('.'), part.lastIndexOf('['));
      part = part.substring(0, Math.max(end, 0));
    }
    return Location.of(file);
  }
}
