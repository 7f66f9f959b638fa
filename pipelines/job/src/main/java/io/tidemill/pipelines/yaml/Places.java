package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.Location;
import java.util.Map;
import java.util.function.Function;

/**
 * Where the parts of a file were written, by their paths; of one that is not written in it, the
 * nearest that holds it. Immutable.
 */
record Places(String file, Map<String, Location> locations) implements Function<String, Location> {
  Places {
    locations = Map.copyOf(locations);
  }

  @Override
  public Location apply(String path) {
    String part = path;
    while (!part.isEmpty()) {
      Location location = locations.get(part);
      if (location != null) {
        return location;
      }
      int end = Math.max(part.lastIndexOf('.'), part.lastIndexOf('['));
      part = part.substring(0, Math.max(end, 0));
    }
    return Location.of(file);
  }
}
