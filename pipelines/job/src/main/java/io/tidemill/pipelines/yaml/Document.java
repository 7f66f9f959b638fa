package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.Node;

/** One file while it is read: its problems so far, and the places that were seen. */
final class Document {
  private final String file;
  private final Path directory;
  private final Variables variables;
  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, Location> locations = new HashMap<>();

  /**
   * A file that is about to be read.
   *
   * @param directory what paths in the file are relative to
   */
  Document(String file, Path directory, Variables variables) {
    this.file = file;
    this.directory = directory;
    this.variables = variables;
  }

  Path resolve(String path) {
    return directory.resolve(path).normalize();
  }

  Variables variables() {
    return variables;
  }

  void report(Node node, String message) {
    problems.add(new Problem(location(node), message));
  }

  void report(Location location, String message) {
    problems.add(new Problem(location, message));
  }

  int problemCount() {
    return problems.size();
  }

  void remember(String path, Node node) {
    locations.putIfAbsent(path, location(node));
  }

  Locations locations() {
    return new Locations(file, locations);
  }

  /** All problems so far. */
  InvalidPipelineException failure() {
    return new InvalidPipelineException(problems);
  }

  Location location(Node node) {
    return node.getStartMark()
        .map(mark -> new Location(file, mark.getLine() + 1, mark.getColumn() + 1))
        .orElseGet(() -> Location.of(file));
  }
}
