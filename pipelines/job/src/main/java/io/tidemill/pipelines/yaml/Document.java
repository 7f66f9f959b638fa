package io.tidemill.pipelines.yaml;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.MisreadPipelineException;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** One file while it is read: its problems so far, and the places that were seen. */
final class Document {
  private final String file;
  private final Path directory;
  private final Path files;
  private final Variables variables;
  private final DateTemplates dates;
  private final Problems<Location> problems = new Problems<>();
  private final Map<String, Location> locations = new HashMap<>();
  private final List<VariableUse> variableUses = new ArrayList<>();
  private @Nullable Location template;

  /**
   * A file that is about to be read.
   *
   * @param directory what paths in the file are relative to
   * @param files what those of schemas and keys are relative to, which belong to the file
   */
  Document(String file, Path directory, Path files, Variables variables, DateTemplates dates) {
    this.file = file;
    this.directory = directory;
    this.files = files;
    this.variables = variables;
    this.dates = dates;
  }

  /** A path of this machine from the folder of the job's file; a URI as it is. */
  String beside(String path) {
    return path.isBlank() || path.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")
        ? path
        : directory.resolve(path).normalize().toString();
  }

  /** A schema or a key. */
  Path file(String path) {
    return files.resolve(path).normalize();
  }

  /**
   * A text with its variables replaced.
   *
   * @param path of it
   * @throws IllegalArgumentException if one of them has no value
   */
  String substituted(String path, String text) {
    variableUses.addAll(Variables.uses(path, text));
    return variables.substitute(text);
  }

  /** A text with the date in it, where it asks for one. */
  String dated(Node node, String text) {
    if (template == null && DateTemplates.isIn(text)) {
      template = location(node);
    }
    return dates.render(text);
  }

  @FormatMethod
  void report(Node node, @FormatString String message, Object... arguments) {
    problems.add(location(node), message, arguments);
  }

  int problemCount() {
    return problems.count();
  }

  void remember(String path, Node node) {
    locations.putIfAbsent(path, location(node));
  }

  /** What was read of it. */
  ParsedPipeline parsed(PipelineDefinition definition) {
    return new ParsedPipeline(definition, file, locations, template, variableUses);
  }

  /** All problems so far, and what could be read. */
  MisreadPipelineException misread(MisreadPipelineException.Parts parts) {
    return new MisreadPipelineException(problems.all(), parts, new Places(file, locations));
  }

  /** All problems so far. */
  InvalidPipelineException failure() {
    return new InvalidPipelineException(problems.all());
  }

  Location location(Node node) {
    return location(node.getStartMark());
  }

  private Location location(Optional<Mark> mark) {
    return mark.map(at -> new Location(file, at.getLine() + 1, at.getColumn() + 1))
        .orElseGet(() -> Location.of(file));
  }

  /** The end of reading, with one problem more. */
  @FormatMethod
  InvalidPipelineException failure(
      Optional<Mark> mark, @FormatString String message, Object... arguments) {
    problems.add(location(mark), message, arguments);
    return failure();
  }
}
