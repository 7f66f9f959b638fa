package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.Problem;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a job's YAML into its definition. A file that is not right answers with all its problems at
 * once.
 *
 * <p>Immutable and thread-safe.
 */
public final class PipelineReader {
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_ALIASES = 50;

  private final Map<String, String> environment;

  /**
   * A reader.
   *
   * @param environment what {@code ${NAME}} stands for
   */
  public PipelineReader(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * Reads a file. Paths in it are relative to its own folder.
   *
   * @throws InvalidPipelineException with every problem, if it is not a job or cannot be read
   */
  public ParsedPipeline read(Path file) {
    String name = file.toString();
    Path directory = file.toAbsolutePath().normalize().getParent();
    return read(name, directory == null ? Path.of("/") : directory, text(name, file));
  }

  /**
   * Reads a text.
   *
   * @param file what messages call it
   * @param directory what paths in it are relative to
   * @throws InvalidPipelineException with every problem, if it is not a job
   */
  public ParsedPipeline read(String file, Path directory, String text) {
    Document document = new Document(file, directory, new Variables(environment));
    Node root = compose(file, text);
    PipelineDefinition definition = new PipelineReading(document).read(root);
    return new ParsedPipeline(definition, document.locations());
  }

  private static String text(String name, Path file) {
    try {
      if (!Files.exists(file)) {
        throw invalid(name, null, "no such file (expected: a job's YAML)");
      }
      if (Files.isDirectory(file)) {
        throw invalid(name, null, "a folder (expected: a job's YAML)");
      }
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw invalid(name, null, bytes + " bytes (expected: at most " + MAX_BYTES + ")");
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException notUtf8) {
      throw invalid(name, null, "not UTF-8 (expected: a job's YAML in UTF-8)");
    } catch (IOException unreadable) {
      throw invalid(name, null, "cannot be read: " + unreadable.getMessage());
    }
  }

  private static Node compose(String file, String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(file)
            .setCodePointLimit(MAX_BYTES)
            .setAllowNonScalarKeys(true)
            .setMaxAliasesForCollections(MAX_ALIASES)
            .build();
    try {
      checkDepth(file, settings, text);
      Optional<Node> root = new Compose(settings).composeString(text);
      return root.orElseThrow(() -> invalid(file, null, "empty (expected: a job)"));
    } catch (MarkedYamlEngineException malformed) {
      throw invalid(file, locate(file, malformed), "not YAML: " + malformed.getProblem());
    } catch (YamlEngineException malformed) {
      throw invalid(file, null, "not YAML: " + malformed.getMessage());
    }
  }

  /** Refuses what would overflow the stack of the composer, which is recursive. */
  private static void checkDepth(String file, LoadSettings settings, String text) {
    int depth = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      switch (event.getEventId()) {
        case MappingStart, SequenceStart -> depth++;
        case MappingEnd, SequenceEnd -> depth--;
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        Location location =
            event
                .getStartMark()
                .map(mark -> new Location(file, mark.getLine() + 1, mark.getColumn() + 1))
                .orElse(null);
        throw invalid(file, location, "nested deeper than " + MAX_DEPTH + " levels");
      }
    }
  }

  private static @Nullable Location locate(String file, MarkedYamlEngineException malformed) {
    return malformed
        .getProblemMark()
        .or(malformed::getContextMark)
        .map(mark -> new Location(file, mark.getLine() + 1, mark.getColumn() + 1))
        .orElse(null);
  }

  private static InvalidPipelineException invalid(
      String file, @Nullable Location location, String message) {
    return new InvalidPipelineException(
        List.of(new Problem(location == null ? Location.of(file) : location, message)));
  }
}
